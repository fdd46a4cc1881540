import type { Cancel, Link, LinkEvents, Network } from "../../src/node/ports.ts";
import type { FollowerMessage, LeaderMessage, NodeId } from "../../src/replication/types.ts";
import type { Coverage } from "./coverage.ts";
import type { Chance } from "./random.ts";
import type { ProcessClock, Time } from "./time.ts";

/** What the wire between the leader and one follower does at the moment. */
export interface Wire {
  /** Milliseconds each message takes, drawn per message; order within a direction is kept. */
  minMs: number;
  maxMs: number;
  /** Messages of that direction wait. */
  toFollowerCut: boolean;
  toLeaderCut: boolean;
  /** Share of appends whose entries come apart and overtake each other. */
  reorder: number;
  /** The entries of an append come apart, the last one first, so far from each other. */
  reverseMs: number;
  /** Share of appends that come twice. */
  duplicate: number;
  /** Share of messages with which the stream breaks: it and all that is under way are lost. */
  drop: number;
}

export const calmWire = (): Wire => ({
  minMs: 0.1,
  maxMs: 0.5,
  toFollowerCut: false,
  toLeaderCut: false,
  reorder: 0,
  reverseMs: 0,
  duplicate: 0,
  drop: 0,
});

interface Host {
  readonly clock: ProcessClock;
  readonly opened: (link: Link<FollowerMessage>) => LinkEvents<LeaderMessage>;
}

type Direction = "toFollower" | "toLeader";

export interface Delivery {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: LeaderMessage | FollowerMessage;
}

/** Streams between virtual nodes. Like TCP: in order, or broken; what is cut waits. */
export class VirtualNetwork {
  readonly #time: Time;
  readonly #chance: Chance;
  readonly #coverage: Coverage;
  readonly #hosts = new Map<NodeId, Host>();
  readonly #streams = new Set<Stream>();
  readonly wires = new Map<NodeId, Wire>();
  /** Every message that is delivered, for coverage, stories and hunting. */
  delivered: (delivery: Delivery) => void = () => {};
  broke: (stream: { leader: NodeId; follower: NodeId; reason: string }) => void = () => {};

  constructor(world: { time: Time; chance: Chance; coverage: Coverage }) {
    this.#time = world.time;
    this.#chance = world.chance;
    this.#coverage = world.coverage;
  }

  wire(follower: NodeId): Wire {
    const known = this.wires.get(follower) ?? calmWire();
    this.wires.set(follower, known);
    return known;
  }

  /** The network as one process sees it. */
  of(id: NodeId, clock: ProcessClock): Network {
    return {
      dial: (to, opened) => this.#dial({ from: id, to, clock, opened }),
      listen: (opened) => {
        this.#hosts.set(id, { clock, opened });
      },
    };
  }

  /** The process died: its streams break. */
  gone(id: NodeId): void {
    this.#hosts.delete(id);
    for (const stream of this.#streams)
      if (stream.leader === id || stream.follower === id) stream.break("process died");
  }

  reset(follower: NodeId): void {
    for (const stream of this.#streams)
      if (stream.follower === follower) stream.break("connection reset");
  }

  /** What was held back by a cut goes on its way. */
  heal(follower: NodeId): void {
    for (const stream of this.#streams) if (stream.follower === follower) stream.flow();
  }

  #dial(call: {
    from: NodeId;
    to: NodeId;
    clock: ProcessClock;
    opened: (link: Link<LeaderMessage>) => LinkEvents<FollowerMessage>;
  }): Cancel {
    let current: Stream | undefined;
    let cancelled = false;
    const retry = () => call.clock.after(this.#chance.between(50, 150), attempt);
    const attempt = () => {
      if (cancelled) return;
      const host = this.#hosts.get(call.to);
      const wire = this.wire(call.to);
      if (host === undefined || wire.toFollowerCut || wire.toLeaderCut) {
        retry();
        return;
      }
      const stream = new Stream({
        leader: call.from,
        follower: call.to,
        wire,
        time: this.#time,
        chance: this.#chance,
        clocks: { leader: call.clock, follower: host.clock },
        coverage: this.#coverage,
        delivered: (delivery) => this.delivered(delivery),
        broke: (reason) => this.broke({ leader: call.from, follower: call.to, reason }),
      });
      current = stream;
      this.#streams.add(stream);
      stream.onGone = () => {
        this.#streams.delete(stream);
        retry();
      };
      stream.open(call.opened, host.opened);
    };
    call.clock.after(this.#chance.between(0, 5), attempt);
    return () => {
      cancelled = true;
      current?.break("closed by the leader");
    };
  }
}

class Stream {
  readonly leader: NodeId;
  readonly follower: NodeId;
  readonly #wire: Wire;
  readonly #time: Time;
  readonly #chance: Chance;
  readonly #clocks: { leader: ProcessClock; follower: ProcessClock };
  readonly #coverage: Coverage;
  readonly #delivered: (delivery: Delivery) => void;
  readonly #broke: (reason: string) => void;
  readonly #ends: {
    leader?: LinkEvents<FollowerMessage>;
    follower?: LinkEvents<LeaderMessage>;
  } = {};
  readonly #queues: Record<Direction, { due: number; message: LeaderMessage | FollowerMessage }[]> =
    {
      toFollower: [],
      toLeader: [],
    };
  #broken = false;
  onGone: () => void = () => {};

  constructor(parts: {
    leader: NodeId;
    follower: NodeId;
    wire: Wire;
    time: Time;
    chance: Chance;
    clocks: { leader: ProcessClock; follower: ProcessClock };
    coverage: Coverage;
    delivered: (delivery: Delivery) => void;
    broke: (reason: string) => void;
  }) {
    this.leader = parts.leader;
    this.follower = parts.follower;
    this.#wire = parts.wire;
    this.#time = parts.time;
    this.#chance = parts.chance;
    this.#clocks = parts.clocks;
    this.#coverage = parts.coverage;
    this.#delivered = parts.delivered;
    this.#broke = parts.broke;
  }

  open(
    leaderOpened: (link: Link<LeaderMessage>) => LinkEvents<FollowerMessage>,
    followerOpened: (link: Link<FollowerMessage>) => LinkEvents<LeaderMessage>,
  ): void {
    const close = () => this.break("closed");
    this.#ends.follower = followerOpened({
      send: (message) => this.#post("toLeader", message),
      close,
    });
    this.#ends.leader = leaderOpened({
      send: (message) => this.#postToFollower(message),
      close,
    });
  }

  break(reason: string): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#broke(reason);
    const { leader, follower } = this.#ends;
    this.#clocks.leader.after(this.#chance.between(0, 2), () => {
      leader?.closed(reason);
    });
    this.#clocks.follower.after(this.#chance.between(0, 2), () => follower?.closed(reason));
    this.#time.after(3, () => this.onGone());
  }

  flow(): void {
    this.#deliver("toFollower");
    this.#deliver("toLeader");
  }

  /** An append may come apart, overtake itself and come twice; nothing else may. */
  #postToFollower(message: LeaderMessage): void {
    if (message.type !== "append" || message.entries.length === 0) {
      this.#post("toFollower", message);
      return;
    }
    if (this.#wire.reverseMs > 0) {
      this.#postReversed(message);
      return;
    }
    const parts = this.#chance.happens(this.#wire.reorder)
      ? message.entries.map((entry) => ({ ...message, entries: [entry] }))
      : [message];
    if (parts.length > 1) this.#coverage.met("message delivered out of order");
    if (this.#chance.happens(this.#wire.duplicate)) {
      parts.push(message);
      this.#coverage.met("message delivered twice");
    }
    for (const part of parts)
      if (parts.length === 1) this.#post("toFollower", part);
      else
        this.#clocks.leader.after(this.#chance.between(0, 20), () =>
          this.#post("toFollower", part),
        );
  }

  #postReversed(message: Extract<LeaderMessage, { type: "append" }>): void {
    for (const [index, entry] of message.entries.toReversed().entries())
      this.#clocks.leader.after(index * this.#wire.reverseMs, () =>
        this.#post("toFollower", { ...message, entries: [entry] }),
      );
  }

  #post(direction: Direction, message: LeaderMessage | FollowerMessage): void {
    if (this.#broken) return;
    if (this.#chance.happens(this.#wire.drop)) {
      this.#coverage.met("stream broken by a dropped message");
      this.break("a message was dropped");
      return;
    }
    const queue = this.#queues[direction];
    const delay = this.#chance.between(this.#wire.minMs, this.#wire.maxMs);
    const due = Math.max(this.#time.now() + delay, queue.at(-1)?.due ?? 0);
    queue.push({ due, message });
    this.#time.after(due - this.#time.now(), () => this.#deliver(direction));
  }

  #deliver(direction: Direction): void {
    const cut = direction === "toFollower" ? this.#wire.toFollowerCut : this.#wire.toLeaderCut;
    if (this.#broken || cut) return;
    const clock = direction === "toFollower" ? this.#clocks.follower : this.#clocks.leader;
    const frozenMs = clock.frozenUntil - this.#time.now();
    if (frozenMs > 0) {
      this.#time.after(frozenMs, () => this.#deliver(direction));
      return;
    }
    const queue = this.#queues[direction];
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      if (next.due > this.#time.now() || this.#broken) return;
      queue.shift();
      this.#hand(direction, next.message);
    }
  }

  #hand(direction: Direction, message: LeaderMessage | FollowerMessage): void {
    const { leader, follower } = this;
    if (direction === "toFollower") {
      this.#delivered({ from: leader, to: follower, message });
      this.#ends.follower?.received(message as LeaderMessage);
    } else {
      this.#delivered({ from: follower, to: leader, message });
      this.#ends.leader?.received(message as FollowerMessage);
    }
  }
}
