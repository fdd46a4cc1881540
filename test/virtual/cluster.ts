import type { Config } from "../../src/config.ts";
import type { KvNode } from "../../src/node/api.ts";
import { createNode } from "../../src/node/node.ts";
import type { DelayControl, Log } from "../../src/node/ports.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/replication/limits.ts";
import type { NodeId } from "../../src/replication/types.ts";
import { createDelayedNetwork } from "../../src/transport/delayed.ts";
import { createVirtualDisk, type VirtualDisk } from "../support/volatile-storage.ts";
import { History, Violation } from "./history.ts";
import { VirtualNetwork } from "./network.ts";
import { Chance } from "./random.ts";
import { ProcessClock, Time } from "./time.ts";

/** Small bounds, so that every one of them is met within a short story. */
export const tightLimits: Limits = {
  ...DEFAULT_LIMITS,
  backlogEntriesMax: 48,
  backlogBytesMax: 64 * 1024,
  windowEntriesMax: 16,
  windowBytesMax: 16 * 1024,
  messageEntriesMax: 4,
  messageBytesMax: 2_048,
  chunkBytesMax: 128,
  snapshotChunksMax: 2,
  floorCalmMs: 1_000,
};

export interface Member {
  readonly id: NodeId;
  readonly disk: VirtualDisk;
  process: { readonly node: KvNode; readonly clock: ProcessClock } | undefined;
  /** Marks of the present process that must not move back. */
  seen: { epoch: number; committed: number; applied: number; last: number };
}

export interface ClusterSettings {
  readonly seed: number;
  readonly followers: number;
  readonly writeQuorum: number;
  readonly minDelay: number;
  readonly maxDelay: number;
  readonly retention: number;
  readonly limits?: Limits;
}

const noLog = () => {};

/** Six nodes in one process: the real rules and the real node on virtual time, disk and wire. */
export class VirtualCluster {
  readonly settings: ClusterSettings;
  readonly time = new Time();
  readonly chance: Chance;
  readonly network: VirtualNetwork;
  readonly history = new History();
  readonly members = new Map<NodeId, Member>();
  readonly leader: NodeId = "leader";
  /** Sentences of nodes that stopped by themselves. */
  readonly stops: string[] = [];
  #incarnations = 0;
  log: Log | undefined;

  constructor(settings: ClusterSettings) {
    this.settings = settings;
    this.chance = new Chance(settings.seed);
    this.network = new VirtualNetwork(this.time, this.chance);
    const world = { random: this.chance.next, clock: this.time };
    for (const id of this.ids)
      this.members.set(id, {
        id,
        disk: createVirtualDisk(world),
        process: undefined,
        seen: { epoch: 0, committed: 0, applied: 0, last: 0 },
      });
  }

  get ids(): readonly NodeId[] {
    const numbers = Array.from({ length: this.settings.followers }, (_, index) => index + 1);
    return [this.leader, ...numbers.map((number) => `follower${number}`)];
  }

  get followers(): readonly NodeId[] {
    return this.ids.slice(1);
  }

  member(id: NodeId): Member {
    const member = this.members.get(id);
    if (member === undefined) throw new Error(`no member ${id}`);
    return member;
  }

  node(id: NodeId): KvNode | undefined {
    return this.member(id).process?.node;
  }

  start(id: NodeId): void {
    const member = this.member(id);
    if (member.process !== undefined) return;
    const clock = new ProcessClock(this.time);
    const storage = this.history.watch(id, member.disk.open());
    this.#incarnations += 1;
    const delayed = createDelayedNetwork({
      network: this.network.of(id, clock),
      clock,
      random: this.chance.next,
    });
    const delays: DelayControl = delayed.delays;
    const { limits = tightLimits } = this.settings;
    const node = createNode({
      config: this.#config(id),
      storage,
      network: delayed.network,
      delays,
      clock,
      observer: {
        wrote: noLog,
        settled: noLog,
        flushed: noLog,
        digestMismatch: (other) => {
          throw new Violation(`${id} sees another digest on ${other}`);
        },
      },
      log: this.log ?? { debug: noLog, info: noLog, warn: noLog, error: noLog },
      incarnation: String(this.#incarnations),
      fatal: (reason) => {
        this.stops.push(`${id}: ${reason}`);
        this.time.after(0, () => this.crash(id));
      },
      limits,
    });
    member.process = { node, clock };
    member.seen = { epoch: 0, committed: 0, applied: 0, last: 0 };
  }

  crash(id: NodeId): void {
    const member = this.member(id);
    member.process?.clock.kill();
    member.process = undefined;
    member.disk.crash();
    this.network.gone(id);
  }

  wipe(id: NodeId): void {
    this.crash(id);
    this.member(id).disk.wipe();
    this.history.wiped(id);
  }

  /** Runs until a moment; each event is followed by the examination of every node. */
  runUntil(at: number): void {
    while (this.time.step(at)) this.examine();
  }

  /** Runs until something is true; false when it is not by then. */
  runWhile(pending: () => boolean, until: number): boolean {
    while (pending()) {
      if (!this.time.step(until)) return !pending();
      this.examine();
    }
    return true;
  }

  /** Marks hold their order, never move back, and every queue is within its bound. */
  examine(): void {
    const { backlogEntriesMax } = this.settings.limits ?? tightLimits;
    for (const { id, process, seen } of this.members.values()) {
      if (process === undefined) continue;
      const { epoch, committed, applied, last } = process.node.marks();
      if (applied > committed) throw new Violation(`${id}: applied ${applied} > ${committed}`);
      if (epoch < seen.epoch) throw new Violation(`${id}: epoch moved back`);
      if (committed < seen.committed) throw new Violation(`${id}: committed moved back`);
      if (applied < seen.applied) throw new Violation(`${id}: applied moved back`);
      seen.epoch = epoch;
      seen.committed = committed;
      seen.applied = applied;
      seen.last = last;
      const { unapplied } = process.node.gauges();
      if (unapplied > 2 * backlogEntriesMax)
        throw new Violation(`${id}: ${unapplied} entries wait to be applied`);
    }
  }

  #config(id: NodeId): Config {
    const { writeQuorum, minDelay, maxDelay, retention } = this.settings;
    return {
      nodeId: id,
      nodes: this.ids.map((member) => ({ id: member, host: member, grpcPort: 5567 })),
      leader: this.leader,
      port: 4567,
      grpcPort: 5567,
      host: id,
      advertiseUrl: `http://${id}:4567`,
      dataDir: "virtual",
      writeQuorum,
      minDelay,
      maxDelay,
      timeout: 2_000,
      logLevel: "silent",
      faults: false,
      logRetention: retention,
    };
  }
}
