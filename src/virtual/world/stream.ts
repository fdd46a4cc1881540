import type { Link, LinkEvents } from "../../node/ports.ts";
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
/** No honest node sent it. */
export const isForged = (message: LeaderMessage | FollowerMessage): boolean => forged.has(message);

const directions = ["toFollower", "toLeader"] as const;
type Direction = (typeof directions)[number];

export interface Delivery {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: LeaderMessage | FollowerMessage;
}

/** A message under way. */
export interface Flight extends Delivery {
  /** In the order of sending, over all clusters of a story. */
  readonly number: number;
  readonly sentAt: number;
  readonly dueAt: number;
  /** A cut holds it back. */
  readonly isHeld: boolean;
}

/** What becomes of messages, for somebody who watches and changes nothing. */
export interface FlightWatch {
  sent(flight: Flight): void;
  ended(flight: Flight, outcome: "delivered" | "lost"): void;
}

type Queued = { -readonly [Name in keyof Flight]: Flight[Name] };

/** One stream between a leader and a follower. Like TCP: in order, or broken; what is cut waits. */
export class Stream {
  readonly leader: NodeId;
  readonly follower: NodeId;
  readonly #wires: Record<Direction, Wire>;
  readonly #time: Time;
  readonly #chance: Chance;
  readonly #clocks: { leader: ProcessClock; follower: ProcessClock };
  readonly #coverage: Coverage;
  readonly #loses: (message: LeaderMessage | FollowerMessage) => boolean;
  readonly #nextNumber: () => number;
  readonly #watch: FlightWatch;
  readonly #knowsIds: boolean;
  readonly #delivered: (delivery: Delivery) => void;
  readonly #broke: (reason: string) => void;
  readonly #ends: {
    leader?: LinkEvents<FollowerMessage>;
    follower?: LinkEvents<LeaderMessage>;
  } = {};
  readonly #queues: Record<Direction, Queued[]> = { toFollower: [], toLeader: [] };
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
    loses: (message: LeaderMessage | FollowerMessage) => boolean;
    nextNumber: () => number;
    watch: FlightWatch;
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
    this.#nextNumber = parts.nextNumber;
    this.#watch = parts.watch;
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
    for (const queue of Object.values(this.#queues))
      for (const flight of queue.splice(0)) this.#watch.ended(flight, "lost");
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
    const sentAt = this.#time.now();
    const delay = this.#chance.between(minMs, maxMs);
    const dueAt = Math.max(sentAt + delay, queue.at(-1)?.dueAt ?? 0);
    const flight = {
      ...this.#route(direction),
      number: this.#nextNumber(),
      message,
      sentAt,
      dueAt,
    };
    queue.push({ ...flight, isHeld: this.#wires[direction].cut });
    this.#watch.sent(queue.at(-1) as Flight);
    this.#time.after(dueAt - sentAt, () => this.#deliver(direction));
  }

  #route(direction: Direction): Pick<Flight, "from" | "to"> {
    const { leader, follower } = this;
    return direction === "toFollower"
      ? { from: leader, to: follower }
      : { from: follower, to: leader };
  }

  /** Messages under way, in the order of each direction. */
  *flights(): IterableIterator<Flight> {
    for (const direction of directions)
      for (const flight of this.#queues[direction]) {
        flight.isHeld = this.#wires[direction].cut;
        yield flight;
      }
  }

  /** That message comes later, and what was sent after it no earlier. */
  delay(flight: Flight, delayMs: number): void {
    const direction = flight.from === this.leader ? "toFollower" : "toLeader";
    const queue = this.#queues[direction];
    let dueAt = flight.dueAt + delayMs;
    for (const later of queue.slice(queue.findIndex(({ number }) => number === flight.number))) {
      dueAt = Math.max(dueAt, later.dueAt);
      later.dueAt = dueAt;
      this.#time.after(dueAt - this.#time.now(), () => this.#deliver(direction));
    }
  }

  /** An append comes a second time, after everything that is under way to this follower. */
  repeat({ message }: Flight): void {
    this.#post("toFollower", message);
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
      if (next.dueAt > this.#time.now() || this.#broken) return;
      queue.shift();
      const { message } = next;
      this.#hand(direction, next, this.#knowsIds ? message : withoutId(message));
    }
  }

  #hand(direction: Direction, flight: Flight, message: Delivery["message"]): void {
    const { from, to } = flight;
    const isLost = this.#loses(message);
    this.#watch.ended(flight, isLost ? "lost" : "delivered");
    if (isLost) return;
    this.#delivered({ from, to, message });
    if (direction === "toFollower") {
      this.#ends.follower?.received(throughWire(message as LeaderMessage));
    } else {
      this.#ends.leader?.received(backThroughWire(message as FollowerMessage));
    }
  }
}

/** What a version that knows of no cluster ids sends, or reads. */
function withoutId(message: LeaderMessage | FollowerMessage): LeaderMessage | FollowerMessage {
  return "cluster" in message ? { ...message, cluster: undefined } : message;
}
