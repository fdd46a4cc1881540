import type { Result } from "../../errors.ts";
import type { LiveConfig, Role } from "../../node/api.ts";
import type { Log, Storage } from "../../node/ports.ts";
import { createNode } from "../../node/roles/create-node.ts";
import type { Node } from "../../node/roles/node.ts";
import type { FollowerMessage, NodeId } from "../../replication/types.ts";
import { createDelayedNetwork } from "../../transport/delayed.ts";
import { Changes } from "./changes.ts";
import { Coverage } from "./coverage.ts";
import { createVirtualDisk, type VirtualDisk } from "./disk.ts";
import { History } from "./history.ts";
import { VirtualNetwork } from "./network.ts";
import type { Chance } from "./random.ts";
import { type ClusterSettings, configOf, tightLimits } from "./settings.ts";
import { type Delivery, isForged } from "./stream.ts";
import { ProcessClock, Time } from "./time.ts";
import { Violation } from "./violation.ts";
import { type ClusterWatch, watchedNode, watchedStorage } from "./watched.ts";

export interface Process {
  readonly node: Node;
  /** The node that clients call: the same, or watched. */
  readonly shown: Node;
  readonly clock: ProcessClock;
  readonly storage: Storage;
}

export interface Member {
  readonly id: NodeId;
  readonly disk: VirtualDisk;
  process: Process | undefined;
  /** HardState of the present process that must not move back. */
  seen: { role: Role; epoch: number; committed: number; applied: number };
  /** Of its clock. */
  rate: number;
  /** The epoch by which a follower refused it while it led: it must not read in that one or lower. */
  outranked: number;
  /** Its disk comes from another cluster: nobody compares what it applied. */
  isForeign: boolean;
}

type Refusal = Extract<FollowerMessage, { type: "refusal" }>;

const noLog = () => {};
const unseen = { role: "follower", epoch: 0, committed: 0, applied: 0 } as const;

/** Six nodes in one process: the real rules and the real node on virtual time, disk and wire. */
export class VirtualCluster {
  readonly settings: ClusterSettings;
  readonly time = new Time();
  readonly chance: Chance;
  readonly coverage: Coverage;
  readonly network: VirtualNetwork;
  readonly history: History;
  readonly changes: Changes;
  readonly members = new Map<NodeId, Member>();
  readonly ids: readonly NodeId[];
  /** Who leads by the settings that nodes start with. */
  leader: NodeId = "leader";
  /** Any node that starts from now on may lead. */
  failover: boolean;
  /** Sentences of nodes that stopped by themselves. */
  stopped: (id: NodeId, reason: string) => void = () => {};
  log: (id: NodeId, line: string, facts: object) => void = noLog;
  /** Whoever watches from before the first start on. */
  watch: ClusterWatch | undefined;
  /** Of everything that happened: two runs of one seed must end with the same. */
  fingerprint = 0x811c9dc5;
  #incarnations = 0;
  /** Who led in which epoch, with elections. */
  readonly #ledBy = new Map<number, NodeId>();

  constructor(settings: ClusterSettings) {
    this.settings = settings;
    this.failover = settings.failover === true;
    this.chance = settings.chance;
    this.coverage = settings.coverage ?? new Coverage();
    const { time, chance, coverage } = this;
    this.history = new History(coverage, () => time.now());
    this.history.reliance.forgetsUsual = !this.failover;
    const numbers = Array.from({ length: settings.followers }, (_, index) => index + 1);
    this.ids = ["leader", ...numbers.map((number) => `follower${number}`)];
    const { ids } = this;
    const process = (id: NodeId) => this.member(id).process;
    this.changes = new Changes({ ids, process, coverage });
    const counter = settings.numbers ?? { last: 0 };
    this.network = new VirtualNetwork({ ids, time, chance, coverage, numbers: counter });
    this.network.delivered = (delivery) => this.#delivered(delivery);
    const { drift = 0 } = settings;
    for (const id of this.ids)
      this.members.set(id, {
        id,
        disk: createVirtualDisk({ random: chance.next, clock: time }),
        process: undefined,
        seen: unseen,
        rate: drift === 0 ? 1 : chance.between(1 - drift, 1 + drift),
        outranked: 0,
        isForeign: false,
      });
  }

  /** Nodes that claim to lead. */
  get leaders(): readonly NodeId[] {
    return this.ids.filter((id) => this.member(id).process?.node.role === "leader");
  }

  /** Where a client goes that wants the leader: with elections it may be wrong. */
  whoLeads(): NodeId {
    if (!this.failover) return this.leader;
    const { leaders } = this;
    return this.chance.pick(leaders.length === 0 || this.chance.happens(0.1) ? this.ids : leaders);
  }

  get followers(): readonly NodeId[] {
    return this.ids.filter((id) => id !== this.leader);
  }

  member(id: NodeId): Member {
    const member = this.members.get(id);
    if (member === undefined) throw new Error(`no member ${id}`);
    return member;
  }

  /** As its clients see it. */
  node(id: NodeId): Node | undefined {
    return this.member(id).process?.shown;
  }

  /** With the settings of the cluster, unless this node obeys others. */
  start(id: NodeId, leader = this.leader): void {
    const member = this.member(id);
    if (member.process !== undefined) return;
    if (id === leader || this.failover) this.history.reliance.usual(this.settings.writeQuorum);
    const clock = new ProcessClock(this.time, member.rate);
    const opened = member.disk.open();
    const isCompared = !this.settings.admitsLoss && !member.isForeign;
    const compared = isCompared ? this.history.watch(id, opened) : opened;
    const { watch } = this;
    const storage = watch === undefined ? compared : watchedStorage(id, compared, watch);
    this.#incarnations += 1;
    const incarnation = String(this.#incarnations);
    const random = this.settings.randomOf?.(id) ?? this.chance.next;
    const delayed = createDelayedNetwork({ network: this.network.of(id, clock), clock, random });
    const { limits = tightLimits } = this.settings;
    const node = createNode({
      config: configOf(this, { id, leader }),
      storage,
      network: delayed.network,
      delays: delayed.delays,
      clock,
      random,
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
      freshClusterId: this.#clusterIdOf(incarnation),
      fatal: (reason) => this.#fatal(id, reason),
      limits,
    });
    const shown = watch === undefined ? node : watchedNode(node, watch);
    member.process = { node, shown, clock, storage };
    watch?.started(id);
    member.seen = unseen;
    // With elections a new process leads only after phase 1: what it heard and did not flush may be gone everywhere.
    if (this.failover) member.outranked = 0;
  }

  /** As random as it must be: no two processes have the same. */
  #clusterIdOf(incarnation: string): string {
    return `${this.settings.digit ?? "0"}${incarnation.padStart(31, "0")}`;
  }

  crash(id: NodeId): void {
    const member = this.member(id);
    if (member.process !== undefined) this.history.crashed(id);
    if (member.process !== undefined) this.watch?.crashed(id);
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
    member.isForeign = false;
    this.history.wiped(id);
    if (id === this.leader || this.failover) this.history.forgetNamed();
  }

  /** Nodes stop, and each comes back with other settings when it is started; some do not notice. */
  moveLeader(to: NodeId, unaware: readonly NodeId[] = []): void {
    for (const id of this.ids) if (!unaware.includes(id)) this.crash(id);
    this.leader = to;
    this.history.forgetNamed();
  }

  configure(
    change: Partial<LiveConfig>,
    told: (result: Result<LiveConfig>) => void = () => {},
  ): void {
    const { process } = this.member(this.whoLeads());
    if (process?.node.role !== "leader") return;
    const { writeQuorum } = change;
    if (writeQuorum !== undefined) this.history.reliance.usual(writeQuorum);
    if (this.failover) this.changes.make(process, change, told);
    else void process.node.configure(change).then(told);
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
    if (this.failover && this.leaders.length > 1) this.coverage.met("two nodes claim to lead");
    for (const member of this.members.values()) {
      const { id, process } = member;
      if (process === undefined) continue;
      const position = process.node.position();
      const { epoch, committed, applied, last } = position;
      this.#mix(epoch * 1e6 + last * 1e4 + committed * 100 + applied);
      if (applied > committed) throw new Violation(`${id}: applied ${applied} > ${committed}`);
      if (process.node.role === "leader" && committed > last)
        throw new Violation(`${id}: committed ${committed} > last ${last}`);
      this.#compareWithSeen(member, process.node);
      const { unapplied } = process.node.gauges();
      if (unapplied > 2 * backlogEntriesMax)
        throw new Violation(`${id}: ${unapplied} entries wait to be applied`);
    }
  }

  #compareWithSeen(member: Member, node: Node): void {
    const { id, seen, outranked } = member;
    const { role } = node;
    const { epoch, committed, applied } = node.position();
    if (epoch < seen.epoch) throw new Violation(`${id}: epoch moved back`);
    // A role begins with what its disk has applied: how far others have is news to it.
    const isNewRole = this.failover && (role !== seen.role || epoch !== seen.epoch);
    if (committed < seen.committed && !isNewRole && !this.settings.admitsLoss)
      throw new Violation(`${id}: committed moved back`);
    if (applied < seen.applied && !this.settings.admitsLoss)
      throw new Violation(`${id}: applied moved back`);
    member.seen = { role, epoch, committed, applied };
    if (role !== "leader") return;
    if (outranked >= epoch) this.#mustBeSilent(node);
    if (this.failover) this.#leadsAlone(id, epoch);
  }

  #leadsAlone(id: NodeId, epoch: number): void {
    const other = this.#ledBy.get(epoch) ?? id;
    if (other !== id) throw new Violation(`${id} and ${other} both lead in epoch ${epoch}`);
    if (this.#ledBy.has(epoch)) return;
    this.#ledBy.set(epoch, id);
    this.coverage.met("election won");
    this.changes.leads(id, epoch);
  }

  /** A follower showed it that somebody else leads: what it knows may be old. */
  #mustBeSilent(node: Node): void {
    if (this.failover) {
      if (node.notReadyFor("reads").length > 0) return;
      throw new Violation(`${node.id} goes on leading although it heard of a higher epoch`);
    }
    const result = node.read({ key: "outranked" });
    if (result instanceof Promise || (!result.ok && result.failure.code !== "KEY_NOT_FOUND"))
      return;
    throw new Violation(`${node.id} goes on reading although it heard of another leader`);
  }

  #mix(number: number): void {
    this.fingerprint = Math.imul(this.fingerprint ^ (number % 0x1_0000_0000), 0x01000193) >>> 0;
  }

  #fatal(id: NodeId, reason: string): void {
    if (this.failover || reason.includes("broken promise")) throw new Violation(`${id}: ${reason}`);
    this.stopped(id, reason);
    const { process } = this.member(id);
    this.time.after(0, () => {
      if (this.member(id).process === process) this.crash(id);
    });
  }

  #delivered(delivery: Delivery): void {
    const { from, to, message } = delivery;
    const { type } = message;
    this.changes.delivered(delivery);
    if (type === "promise" && message.blank && !this.failover)
      this.history.holdings.heardBlank(from);
    if (type === "refusal") this.#refused(to, message);
    if (type === "refusal") this.coverage.met("stale epoch or stream refused");
    if (type === "snapshotChunk") this.coverage.met("snapshot sent");
    if (type === "storePage") this.coverage.met("store copied by a recovery");
    if (type === "vote" && !message.agrees) this.coverage.met("vote refused");
    if (type === "stand") this.coverage.met("follower told to stand");
    if (type === "heartbeat" && message.able === false)
      this.coverage.met("leader said that it cannot lead");
  }

  #refused(id: NodeId, told: Refusal): void {
    const member = this.member(id);
    const node = member.process?.node;
    if (node?.role !== "leader" || told.promisedLeader === id) return;
    const { epoch } = node.position();
    if (told.promisedEpoch < epoch || isForged(told)) return;
    // A node that cannot show that it is of this cluster may have been claimed by another one: it deposes nobody.
    const { cluster } = member.disk.look().hardState();
    if (cluster?.confirmed === true && cluster.id !== told.cluster?.id) return;
    this.coverage.met("leader deposed");
    member.outranked = Math.max(member.outranked, told.promisedEpoch);
  }

  #logOf(id: NodeId): Log {
    const say = (facts: object, line: string) => {
      if ("member" in facts && "state" in facts) this.#memberChanged(String(facts.state));
      if (line.startsWith("low write quorum recorded on too few followers")) this.#lowered(id);
      if (line.startsWith("low write quorum recorded on enough followers")) this.#restored(id);
      if (line.startsWith("too few nodes answered in time"))
        this.coverage.met("candidate heard too few");
      if (line.startsWith("handing leadership over")) this.coverage.met("handover begun");
      if (line.startsWith("handover given up")) this.coverage.met("handover given up");
      if (line.endsWith("this node obeys")) this.coverage.met("leader obeyed a higher epoch");
      if (line.endsWith("leads on in a much higher epoch"))
        this.coverage.met("leader went on in a much higher epoch");
      this.watch?.logged(id, line);
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
}
