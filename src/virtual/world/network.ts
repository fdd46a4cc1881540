import type { Cancel, Link, LinkEvents, Network } from "../../node/ports.ts";
import type { FollowerMessage, LeaderMessage, NodeId } from "../../replication/types.ts";
import type { Coverage } from "./coverage.ts";
import type { Chance } from "./random.ts";
import {
  calmWire,
  type Delivery,
  type Flight,
  type FlightWatch,
  Stream,
  type Wire,
} from "./stream.ts";
import type { ProcessClock, Time } from "./time.ts";

interface Host {
  readonly clock: ProcessClock;
  readonly opened: (link: Link<FollowerMessage>) => LinkEvents<LeaderMessage>;
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
  watch: FlightWatch = { sent: () => {}, ended: () => {} };
  readonly #numbers: { last: number };
  broke: (stream: { leader: NodeId; follower: NodeId; reason: string }) => void = () => {};

  constructor(world: {
    ids: readonly NodeId[];
    time: Time;
    chance: Chance;
    coverage: Coverage;
    /** Of messages; clusters of one story go on counting. */
    numbers: { last: number };
  }) {
    this.#ids = world.ids;
    this.#numbers = world.numbers;
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

  /** Messages under way, stream by stream. */
  *flights(): IterableIterator<Flight> {
    for (const stream of this.#streams) yield* stream.flights();
  }

  /** Pairs `from to` between which nothing comes through. */
  *cuts(): IterableIterator<string> {
    for (const [pair, { cut }] of this.#wires) if (cut) yield pair;
  }

  /** Pairs `from to` whose messages take longer than this, each with how long, ms. Without those that vary. */
  *slowerThan(ms: number): IterableIterator<string> {
    for (const [pair, { minMs, maxMs }] of this.#wires)
      if (minMs > ms && minMs === maxMs) yield `${pair} ${minMs}`;
  }

  /** The message is lost, and its stream breaks with it, as one of TCP does. False: it is not under way. */
  drop(number: number): boolean {
    return this.#withFlight(number, (stream) => stream.break("a message was dropped"));
  }

  /** The message comes later, and so does what was sent after it. False: it is not under way. */
  slow(number: number, delayMs: number): boolean {
    return this.#withFlight(number, (stream, flight) => stream.delay(flight, delayMs));
  }

  /** An append comes twice. False: it is not under way, or is no append. */
  repeat(number: number): boolean {
    let isAppend = false;
    this.#withFlight(number, (stream, flight) => {
      isAppend = flight.message.type === "append";
      if (isAppend) stream.repeat(flight);
    });
    return isAppend;
  }

  #withFlight(number: number, deed: (stream: Stream, flight: Flight) => void): boolean {
    for (const stream of this.#streams)
      for (const flight of stream.flights())
        if (flight.number === number) {
          deed(stream, flight);
          return true;
        }
    return false;
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
        nextNumber: () => {
          this.#numbers.last += 1;
          return this.#numbers.last;
        },
        watch: {
          sent: (flight) => this.watch.sent(flight),
          ended: (flight, outcome) => this.watch.ended(flight, outcome),
        },
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
