import type { Cancel, Link, LinkEvents, Network } from "../../node/ports.ts";
import type { FollowerMessage, LeaderMessage, NodeId } from "../../replication/types.ts";
import {
  decodeFollowerMessage,
  decodeLeaderMessage,
  encodeFollowerMessage,
  encodeLeaderMessage,
} from "../../transport/codec.ts";
import type { Coverage } from "./coverage.ts";
import type { Chance } from "./random.ts";
import type { ProcessClock, Time } from "./time.ts";

/** What the wire from one node to another does at the moment. The way back is another one. */
export interface Wire {
  /** Milliseconds each message takes, drawn per message; order is kept. */
  minMs: number;
  maxMs: number;
  /** Messages wait. */
  cut: boolean;
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
  cut: false,
  reorder: 0,
  reverseMs: 0,
  duplicate: 0,
  drop: 0,
});

/** As it comes out of the real codec, which must take whatever honest nodes say. A forged one passes as it is. */
const throughWire = (message: LeaderMessage): LeaderMessage =>
  forged.has(message) ? message : decodeLeaderMessage(encodeLeaderMessage(message));
const backThroughWire = (message: FollowerMessage): FollowerMessage =>
  forged.has(message) ? message : decodeFollowerMessage(encodeFollowerMessage(message));
const forged = new WeakSet<LeaderMessage | FollowerMessage>();

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
  readonly #wires = new Map<string, Wire>();
  readonly #ids: readonly NodeId[];
  /** Every message that is delivered, for coverage, stories and hunting. */
  delivered: (delivery: Delivery) => void = () => {};
  /** Messages that are lost although their stream goes on, as a busy process may lose them. */
  loses: (message: LeaderMessage | FollowerMessage) => boolean = () => false;
  /** These nodes run a version that knows of no cluster ids: they neither send nor understand them. */
  readonly former = new Set<NodeId>();
  broke: (stream: { leader: NodeId; follower: NodeId; reason: string }) => void = () => {};

  constructor(world: {
    ids: readonly NodeId[];
    time: Time;
    chance: Chance;
    coverage: Coverage;
  }) {
    this.#ids = world.ids;
    this.#time = world.time;
    this.#chance = world.chance;
    this.#coverage = world.coverage;
  }

  wire(from: NodeId, to: NodeId): Wire {
    const name = `${from} ${to}`;
    const known = this.#wires.get(name) ?? calmWire();
    this.#wires.set(name, known);
    return known;
  }

  /** Changes the wires from all others to this node, from it to all others, or both. */
  around(id: NodeId, change: Partial<Wire>, ways: "both" | "there" | "back" = "both"): void {
    for (const other of this.#ids) {
      if (other === id) continue;
      if (ways !== "back") Object.assign(this.wire(other, id), change);
      if (ways !== "there") Object.assign(this.wire(id, other), change);
    }
  }

  /** Nothing comes from any of these nodes to any of those. */
  cut(from: readonly NodeId[], to: readonly NodeId[]): void {
    for (const one of from)
      for (const other of to) if (one !== other) this.wire(one, other).cut = true;
  }

  /** Ends these cuts. */
  join(from: readonly NodeId[], to: readonly NodeId[]): void {
    for (const one of from) for (const other of to) this.wire(one, other).cut = false;
    this.flow();
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

  /** Breaks all streams to this node, or those from one other. */
  reset(follower: NodeId, leader?: NodeId): void {
    for (const stream of this.#streams)
      if (stream.follower === follower && stream.leader === (leader ?? stream.leader))
        stream.break("connection reset");
  }

  /** What was held back by a cut goes on its way. */
  flow(): void {
    for (const stream of this.#streams) stream.flow();
  }

  /** A message that was never sent comes to the follower on an open stream, if there is one. */
  inject(leader: NodeId, follower: NodeId, message: LeaderMessage): void {
    for (const stream of this.#streams)
      if (stream.leader === leader && stream.follower === follower)
        stream.inject("toFollower", message);
  }

  /** The same for the way back. */
  injectBack(follower: NodeId, leader: NodeId, message: FollowerMessage): void {
    for (const stream of this.#streams)
      if (stream.leader === leader && stream.follower === follower)
        stream.inject("toLeader", message);
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
      const toFollower = this.wire(call.from, call.to);
      const toLeader = this.wire(call.to, call.from);
      if (host === undefined || toFollower.cut || toLeader.cut) {
        retry();
        return;
      }
      const stream = new Stream({
        leader: call.from,
        follower: call.to,
        wires: { toFollower, toLeader },
        time: this.#time,
        chance: this.#chance,
        clocks: { leader: call.clock, follower: host.clock },
        coverage: this.#coverage,
        loses: (message) => this.loses(message),
        knowsIds: !this.former.has(call.from) && !this.former.has(call.to),
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
  readonly #wires: Record<Direction, Wire>;
  readonly #time: Time;
  readonly #chance: Chance;
  readonly #clocks: { leader: ProcessClock; follower: ProcessClock };
  readonly #coverage: Coverage;
  readonly #loses: VirtualNetwork["loses"];
  readonly #knowsIds: boolean;
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
    wires: Record<Direction, Wire>;
    time: Time;
    chance: Chance;
    clocks: { leader: ProcessClock; follower: ProcessClock };
    coverage: Coverage;
    loses: VirtualNetwork["loses"];
    knowsIds: boolean;
    delivered: (delivery: Delivery) => void;
    broke: (reason: string) => void;
  }) {
    this.leader = parts.leader;
    this.follower = parts.follower;
    this.#wires = parts.wires;
    this.#time = parts.time;
    this.#chance = parts.chance;
    this.#clocks = parts.clocks;
    this.#coverage = parts.coverage;
    this.#loses = parts.loses;
    this.#knowsIds = parts.knowsIds;
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

  inject(direction: Direction, message: LeaderMessage | FollowerMessage): void {
    forged.add(message);
    this.#post(direction, message);
  }

  /** An append may come apart, overtake itself and come twice; nothing else may. */
  #postToFollower(message: LeaderMessage): void {
    if (message.type !== "append" || message.entries.length === 0) {
      this.#post("toFollower", message);
      return;
    }
    const { reorder, reverseMs, duplicate } = this.#wires.toFollower;
    if (reverseMs > 0) {
      this.#postReversed(message);
      return;
    }
    const parts = this.#chance.happens(reorder)
      ? message.entries.map((entry) => ({ ...message, entries: [entry] }))
      : [message];
    if (parts.length > 1) this.#coverage.met("message delivered out of order");
    if (this.#chance.happens(duplicate)) {
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
    const { reverseMs } = this.#wires.toFollower;
    for (const [index, entry] of message.entries.toReversed().entries())
      this.#clocks.leader.after(index * reverseMs, () =>
        this.#post("toFollower", { ...message, entries: [entry] }),
      );
  }

  #post(direction: Direction, message: LeaderMessage | FollowerMessage): void {
    if (this.#broken) return;
    const { drop, minMs, maxMs } = this.#wires[direction];
    if (this.#chance.happens(drop)) {
      this.#coverage.met("stream broken by a dropped message");
      this.break("a message was dropped");
      return;
    }
    const queue = this.#queues[direction];
    const delay = this.#chance.between(minMs, maxMs);
    const due = Math.max(this.#time.now() + delay, queue.at(-1)?.due ?? 0);
    queue.push({ due, message });
    this.#time.after(due - this.#time.now(), () => this.#deliver(direction));
  }

  #deliver(direction: Direction): void {
    if (this.#broken || this.#wires[direction].cut) return;
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
      const { message } = next;
      this.#hand(direction, this.#knowsIds ? message : withoutId(message));
    }
  }

  #hand(direction: Direction, message: LeaderMessage | FollowerMessage): void {
    const { leader, follower } = this;
    if (this.#loses(message)) return;
    if (direction === "toFollower") {
      this.#delivered({ from: leader, to: follower, message });
      this.#ends.follower?.received(throughWire(message as LeaderMessage));
    } else {
      this.#delivered({ from: follower, to: leader, message });
      this.#ends.leader?.received(backThroughWire(message as FollowerMessage));
    }
  }
}

/** What a version that knows of no cluster ids sends, or reads. */
function withoutId(message: LeaderMessage | FollowerMessage): LeaderMessage | FollowerMessage {
  return "cluster" in message ? { ...message, cluster: undefined } : message;
}
