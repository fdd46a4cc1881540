import type { Config } from "../../src/config.ts";
import type { KvNode } from "../../src/node/api.ts";
import type { Log, Storage } from "../../src/node/ports.ts";
import { createNode } from "../../src/node/roles/create-node.ts";
import { LeaderNode } from "../../src/node/roles/leader/leader-node.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/replication/limits.ts";
import type { NodeId } from "../../src/replication/types.ts";
import { createDelayedNetwork } from "../../src/transport/delayed.ts";
import { createVirtualDisk, type VirtualDisk } from "../support/volatile-storage.ts";
import { Coverage } from "./coverage.ts";
import { History } from "./history.ts";
import { type Delivery, VirtualNetwork } from "./network.ts";
import type { Chance } from "./random.ts";
import { ProcessClock, Time } from "./time.ts";
import { Violation } from "./violation.ts";

/** Small bounds, so that every one of them is met within a short story. */
export const tightLimits: Limits = {
  ...DEFAULT_LIMITS,
  backlogEntriesMax: 48,
  backlogBytesMax: 64 * 1024,
  windowEntriesMax: 16,
  windowBytesMax: 16 * 1024,
  messageEntriesMax: 4,
  messageBytesMax: 2_048,
  chunkBytesMax: 96,
  snapshotChunksMax: 2,
  snapshotStallMsMax: 1_000,
  floorCalmMs: 1_000,
};

export interface Process {
  readonly node: KvNode;
  readonly clock: ProcessClock;
  readonly storage: Storage;
}

export interface Member {
  readonly id: NodeId;
  readonly disk: VirtualDisk;
  process: Process | undefined;
  /** HardState of the present process that must not move back. */
  seen: { epoch: number; committed: number; applied: number };
  /** The epoch by which a follower refused it while it led: it must not read in that one or lower. */
  outranked: number;
}

export interface ClusterSettings {
  readonly chance: Chance;
  readonly followers: number;
  readonly writeQuorum: number;
  readonly minDelay: number;
  readonly maxDelay: number;
  readonly retention: number;
  readonly limits?: Limits;
  readonly coverage?: Coverage;
  /** The story loses what the design admits: nobody compares the applied logs, or marks that move back. */
  readonly admitsLoss?: boolean;
}

const noLog = () => {};

/** Six nodes in one process: the real rules and the real node on virtual time, disk and wire. */
export class VirtualCluster {
  readonly settings: ClusterSettings;
  readonly time = new Time();
  readonly chance: Chance;
  readonly coverage: Coverage;
  readonly network: VirtualNetwork;
  readonly history: History;
  readonly members = new Map<NodeId, Member>();
  readonly ids: readonly NodeId[];
  /** Who leads by the settings that nodes start with. */
  leader: NodeId = "leader";
  /** Sentences of nodes that stopped by themselves. */
  stopped: (id: NodeId, reason: string) => void = () => {};
  log: (id: NodeId, line: string, facts: object) => void = noLog;
  /** Of everything that happened: two runs of one seed must end with the same. */
  fingerprint = 0x811c9dc5;
  #incarnations = 0;

  constructor(settings: ClusterSettings) {
    this.settings = settings;
    this.chance = settings.chance;
    this.coverage = settings.coverage ?? new Coverage();
    const { time, chance, coverage } = this;
    this.history = new History(coverage, () => time.now());
    this.network = new VirtualNetwork({ time, chance, coverage });
    this.network.delivered = (delivery) => this.#delivered(delivery);
    const numbers = Array.from({ length: settings.followers }, (_, index) => index + 1);
    this.ids = ["leader", ...numbers.map((number) => `follower${number}`)];
    for (const id of this.ids)
      this.members.set(id, {
        id,
        disk: createVirtualDisk({ random: chance.next, clock: time }),
        process: undefined,
        seen: { epoch: 0, committed: 0, applied: 0 },
        outranked: 0,
      });
  }

  get followers(): readonly NodeId[] {
    return this.ids.filter((id) => id !== this.leader);
  }

  member(id: NodeId): Member {
    const member = this.members.get(id);
    if (member === undefined) throw new Error(`no member ${id}`);
    return member;
  }

  node(id: NodeId): KvNode | undefined {
    return this.member(id).process?.node;
  }

  /** With the settings of the cluster, unless this node obeys others. */
  start(id: NodeId, leader = this.leader): void {
    const member = this.member(id);
    if (member.process !== undefined) return;
    if (id === leader) this.history.reliance.usual(this.settings.writeQuorum);
    const clock = new ProcessClock(this.time);
    const opened = member.disk.open();
    const storage = this.settings.admitsLoss ? opened : this.history.watch(id, opened);
    this.#incarnations += 1;
    const incarnation = String(this.#incarnations);
    const random = this.chance.next;
    const delayed = createDelayedNetwork({ network: this.network.of(id, clock), clock, random });
    const { limits = tightLimits } = this.settings;
    const node = createNode({
      config: this.#config(id, leader),
      storage,
      network: delayed.network,
      delays: delayed.delays,
      clock,
      observer: {
        wrote: noLog,
        settled: noLog,
        flushed: noLog,
        digestMismatch: (other) => {
          throw new Violation(`${id} sees another digest on ${other}`);
        },
      },
      log: this.#logOf(id),
      incarnation,
      fatal: (reason) => this.#fatal(id, reason),
      limits,
    });
    member.process = { node, clock, storage };
    member.seen = { epoch: 0, committed: 0, applied: 0 };
  }

  crash(id: NodeId): void {
    const member = this.member(id);
    if (member.process !== undefined) this.history.crashed(id);
    member.process?.clock.kill();
    member.process = undefined;
    member.disk.crash();
    this.network.gone(id);
    this.history.reliance.ended(id);
  }

  wipe(id: NodeId): void {
    this.crash(id);
    const member = this.member(id);
    member.disk.wipe();
    member.outranked = 0;
    this.history.wiped(id);
    if (id === this.leader) this.history.forgetNamed();
  }

  /** Nodes stop, and each comes back with other settings when it is started; some do not notice. */
  moveLeader(to: NodeId, unaware: readonly NodeId[] = []): void {
    for (const id of this.ids) if (!unaware.includes(id)) this.crash(id);
    this.leader = to;
    this.history.forgetNamed();
  }

  configure(change: Parameters<KvNode["configure"]>[0]): void {
    const node = this.node(this.leader);
    if (!(node instanceof LeaderNode)) return;
    const { writeQuorum } = change;
    if (writeQuorum !== undefined) this.history.reliance.usual(writeQuorum);
    node.configure(change);
  }

  /** Runs the next event and examines every node; false when there is none before `until`. */
  step(until: number): boolean {
    if (!this.time.step(until)) return false;
    this.examine();
    return true;
  }

  /** HardState hold their order, never move back, and every queue is within its bound. */
  examine(): void {
    const { backlogEntriesMax } = this.settings.limits ?? tightLimits;
    this.#mix(Math.round(this.time.now() * 1e6));
    for (const { id, process, seen, outranked } of this.members.values()) {
      if (process === undefined) continue;
      const { epoch, committed, applied, last } = process.node.position();
      this.#mix(epoch * 1e6 + last * 1e4 + committed * 100 + applied);
      if (applied > committed) throw new Violation(`${id}: applied ${applied} > ${committed}`);
      if (process.node.role === "leader" && committed > last)
        throw new Violation(`${id}: committed ${committed} > last ${last}`);
      if (epoch < seen.epoch) throw new Violation(`${id}: epoch moved back`);
      if (committed < seen.committed && !this.settings.admitsLoss)
        throw new Violation(`${id}: committed moved back`);
      if (applied < seen.applied && !this.settings.admitsLoss)
        throw new Violation(`${id}: applied moved back`);
      seen.epoch = epoch;
      seen.committed = committed;
      seen.applied = applied;
      if (outranked >= epoch && process.node instanceof LeaderNode)
        this.#mustBeSilent(process.node);
      const { unapplied } = process.node.gauges();
      if (unapplied > 2 * backlogEntriesMax)
        throw new Violation(`${id}: ${unapplied} entries wait to be applied`);
    }
  }

  /** A follower showed it that somebody else leads: what it knows may be old. */
  #mustBeSilent(node: LeaderNode): void {
    const result = node.read({ key: "outranked" });
    if (result instanceof Promise || (!result.ok && result.failure.code !== "KEY_NOT_FOUND"))
      return;
    throw new Violation(`${node.id} goes on reading although it heard of another leader`);
  }

  #mix(number: number): void {
    this.fingerprint = Math.imul(this.fingerprint ^ (number % 0x1_0000_0000), 0x01000193) >>> 0;
  }

  #fatal(id: NodeId, reason: string): void {
    if (reason.includes("broken promise")) throw new Violation(`${id}: ${reason}`);
    this.stopped(id, reason);
    const { process } = this.member(id);
    this.time.after(0, () => {
      if (this.member(id).process === process) this.crash(id);
    });
  }

  #delivered({ from, to, message }: Delivery): void {
    const { type } = message;
    if (type === "promise" && message.blank) this.history.holdings.heardBlank(from);
    if (type === "refusal") this.#refused(to, message);
    if (type === "refusal") this.coverage.met("stale epoch or stream refused");
    if (type === "snapshotChunk") this.coverage.met("snapshot sent");
    if (type === "storePage") this.coverage.met("store copied by a recovery");
  }

  #refused(id: NodeId, told: { promisedEpoch: number; promisedLeader: NodeId }): void {
    const member = this.member(id);
    const node = member.process?.node;
    if (!(node instanceof LeaderNode) || told.promisedLeader === id) return;
    const { epoch } = node.position();
    if (told.promisedEpoch < epoch) return;
    this.coverage.met("leader deposed");
    member.outranked = Math.max(member.outranked, told.promisedEpoch);
  }

  #logOf(id: NodeId): Log {
    const say = (facts: object, line: string) => {
      if ("member" in facts && "state" in facts) this.#memberChanged(String(facts.state));
      if (line.startsWith("low write quorum recorded on too few followers")) this.#lowered(id);
      if (line.startsWith("low write quorum recorded on enough followers")) this.#restored(id);
      this.log(id, line, facts);
    };
    return { debug: say, info: say, warn: say, error: say };
  }

  #restored(leader: NodeId): void {
    this.history.reliance.restored(leader);
    this.history.floorRestored();
  }

  #lowered(leader: NodeId): void {
    this.history.reliance.degraded(leader);
    this.coverage.met("floor lowered while too few were live");
  }

  #memberChanged(state: string): void {
    if (state === "unreachable") this.coverage.met("follower fell silent");
    if (state === "live") this.coverage.met("follower came back");
  }

  #config(id: NodeId, leader: NodeId): Config {
    const { writeQuorum, minDelay, maxDelay, retention } = this.settings;
    return {
      nodeId: id,
      nodes: this.ids.map((member) => ({ id: member, host: member, grpcPort: 5567 })),
      leader,
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
