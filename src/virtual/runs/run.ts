import type { NodeId } from "../../replication/types.ts";
import { Losses } from "../checks/losses.ts";
import { Clients } from "../clients/clients.ts";
import { heldBack } from "../world/account.ts";
import { VirtualCluster } from "../world/cluster.ts";
import { Coverage } from "../world/coverage.ts";
import { Chance } from "../world/random.ts";
import { drawQuorum } from "../world/settings.ts";
import { Violation } from "../world/violation.ts";
import { electionFaultNames, electionFaults } from "./election-faults.ts";
import { electionSceneNames, electionScenes, leaseDrift } from "./election-scenes.ts";
import { comesRight } from "./ending.ts";
import { faultNames, faults } from "./faults.ts";
import { Handovers } from "./handovers.ts";
import { type Director, type Scene, sceneNames, scenes } from "./scenes.ts";

/** How one seed ended, in figures. */
export interface Outcome {
  readonly seed: number;
  readonly virtualMs: number;
  readonly events: number;
  readonly entries: number;
  /** Of everything that happened; the same for the same seed. */
  readonly fingerprint: string;
  readonly coverage: Readonly<Record<string, number>>;
}

const safetyMs = 4_000;
/** With healthy nodes and wires, a handover is over long before. */
const handoverMsMax = 1_000;
/** Of so many seeds one plays a scene; the others leave everything to chance. */
const sceneEvery = 3;

/**
 * Every other seed reads by leases. Then no two clocks may differ by more than 5 %; without leases nothing
 * depends on them.
 */
function electionSettings(seed: number, chance: Chance) {
  const readLease = seed % 2 === 1;
  const drift = readLease ? leaseDrift : 0.05;
  return { electionTimeoutMs: chance.pick([300, 1_000]), readLease, drift };
}

/**
 * One seed: anything may fail for a while, or a scene is played; then all heals and must come right.
 */
export class Run implements Director {
  readonly seed: number;
  readonly cluster: VirtualCluster;
  readonly #clients: Clients;
  readonly #handovers: Handovers;
  readonly #coverage = new Coverage();
  readonly #intensity: number;
  readonly #kinds: readonly string[];
  readonly #scene: Scene | undefined;
  readonly #losses: Losses;
  #faulty = true;
  #events = 0;
  trace: (line: () => string) => void = () => {};
  /** Called after each event. `isQuiet`: no promise is under way, so that nothing changes while it waits. */
  point: ((isQuiet: boolean) => Promise<void> | undefined) | undefined;

  constructor(seed: number, failover = false, numbers = { last: 0 }) {
    const chance = new Chance(seed);
    const followers = chance.pick([1, 2, 3, 5, 5, 5]);
    this.seed = seed;
    const names = failover ? electionSceneNames : sceneNames;
    const name = seed % sceneEvery === 0 ? chance.pick(names) : undefined;
    this.#scene = name === undefined ? undefined : (failover ? electionScenes : scenes)[name];
    if (name !== undefined) this.#coverage.met(`scene: ${name}`);
    this.cluster = new VirtualCluster({
      chance,
      followers,
      writeQuorum: failover ? chance.whole(1, followers) : drawQuorum(chance, followers),
      failover,
      ...(failover ? electionSettings(seed, chance) : {}),
      idempotencySeconds: seed % 4 === 0 ? 1 : 600,
      idempotencyKeys: seed % 16 === 4 ? 5 : 100_000,
      minDelay: 0,
      maxDelay: chance.happens(0.5) ? chance.whole(5, 100) : 0,
      retention: chance.pick([10, 30, 1000]),
      coverage: this.#coverage,
      numbers,
      ...this.#scene?.settings(chance),
    });
    this.#clients = new Clients(this.cluster);
    this.#handovers = new Handovers(this.cluster, this.#clients);
    this.#losses = new Losses(this.cluster);
    this.#intensity = chance.pick([0.3, 1, 3]);
    // A seed that does everything does nothing for long: most leave some kinds of faults out.
    const share = chance.pick([0.3, 0.6, 1]);
    const all = failover ? electionFaultNames : faultNames;
    const kinds = all.filter(() => chance.happens(share));
    this.#kinds = kinds.length > 0 ? kinds : all;
    this.#listen();
  }

  /** Throws a Violation, or whatever a node threw, when a promise of the design is broken. */
  async tell(): Promise<Outcome> {
    const { cluster } = this;
    for (const id of cluster.ids) cluster.start(id);
    const over = () => !this.#faulty;
    this.#keepAsking();
    if (this.#scene === undefined) {
      this.#clients.begin(over);
      await this.#firstStart();
      this.#keepFailing();
      await this.#runUntil(cluster.time.now() + safetyMs);
    } else {
      this.#clients.beginReading(over);
      await this.#runUntil(20);
      await this.#scene.play(this);
    }
    this.#faulty = false;
    this.trace(() => "all heals");
    const clients = this.#clients;
    await comesRight({
      cluster,
      clients,
      runUntil: (until, pending) => this.#runUntil(until, pending),
    });
    return {
      seed: this.seed,
      virtualMs: Math.round(cluster.time.now()),
      events: this.#events,
      entries: cluster.history.length,
      fingerprint: cluster.fingerprint.toString(16).padStart(8, "0"),
      coverage: this.#coverage.counts,
    };
  }

  async #runUntil(until: number, pending: () => boolean = () => true): Promise<void> {
    const { cluster } = this;
    while (pending() && cluster.step(until)) {
      this.#events += 1;
      // A refusal that waited for a round comes by a promise, a read by several, one behind the other.
      if (cluster.failover) await Promise.resolve();
      const isAwaited = () => this.#clients.isPromised || cluster.changes.areAwaited;
      for (let turn = cluster.failover ? 4 : 1; isAwaited() && turn > 0; turn -= 1)
        await Promise.resolve();
      if (cluster.changes.wrong !== undefined) throw cluster.changes.wrong;
      if (this.#clients.wrong !== undefined) throw this.#clients.wrong;
      const pause = this.point?.(!isAwaited());
      if (pause !== undefined) await pause;
    }
  }

  #listen(): void {
    const { cluster } = this;
    const cover = cluster.network.delivered;
    let floor = 0;
    cluster.network.delivered = (delivery) => {
      cover(delivery);
      const { from, to, message } = delivery;
      this.trace(() => `${from} -> ${to} ${JSON.stringify(message)}`);
      if (message.type === "logPage") cluster.history.offered(message.entries);
      if (message.type !== "floor") return;
      if (floor > 0 && message.floor.quorum !== floor)
        this.#coverage.met(message.floor.quorum < floor ? "floor lowered" : "floor raised");
      floor = message.floor.quorum;
    };
    cluster.network.broke = ({ leader, follower, reason }) =>
      this.trace(() => `stream ${leader}-${follower} broke: ${reason}`);
    cluster.log = (id, line, facts) => this.trace(() => `${id}: ${line} ${JSON.stringify(facts)}`);
    cluster.stopped = (id, reason) => this.trace(() => `${id} stops: ${reason}`);
  }

  /** The first start of all sees every node: most seeds do not disturb it. */
  async #firstStart(): Promise<void> {
    const { cluster } = this;
    if (!cluster.failover || cluster.chance.happens(0.2)) return;
    await this.#runUntil(safetyMs, () => cluster.leaders.length === 0);
  }

  // --- faults ----------------------------------------------------------------------------------

  #keepFailing(): void {
    const { cluster } = this;
    const { time, chance } = cluster;
    const next = () => {
      if (!this.#faulty) return;
      time.after(chance.between(5, 300 / this.#intensity), next);
      const name = chance.pick(this.#kinds);
      this.#coverage.met(`fault: ${name}`);
      this.trace(() => `FAULT: ${name}`);
      const all = cluster.failover ? electionFaults : faults;
      all[name]?.(this);
    };
    time.after(chance.between(0, 400), next);
  }

  later(lowMs: number, highMs: number, run: () => void): void {
    const { time, chance } = this.cluster;
    time.after(chance.between(lowMs, Math.max(lowMs, highMs)), () => {
      if (this.#faulty) run();
    });
  }

  crash(id: NodeId, downMs: number): void {
    this.trace(() => `${id} crashes`);
    this.cluster.crash(id);
    this.#startLater(id, downMs);
  }

  #startLater(id: NodeId, downMs: number): void {
    this.later(0, downMs, () => this.start(id));
  }

  start(id: NodeId, leader?: NodeId): void {
    this.trace(() => `${id} starts`);
    this.cluster.start(id, leader);
  }

  writeChain(): void {
    this.#clients.writeChain();
  }

  write(how: Parameters<Clients["write"]>[0]): void {
    this.#clients.write(how);
  }

  read(key: string, at?: NodeId): void {
    this.#clients.readLeader(key, at);
  }

  mustStillLead(id: NodeId, epoch: number): void {
    const node = this.cluster.node(id);
    if (node?.role === "leader" && node.position().epoch === epoch) return;
    throw new Violation(`${id} does not lead in epoch ${epoch} any more`);
  }

  handOver(id: NodeId, to?: NodeId): void {
    this.trace(() => `${id} is asked to hand over to ${to ?? "the leader of choice"}`);
    this.#handovers.ask(id, to);
  }

  async mustHandOver(id: NodeId, to: NodeId): Promise<void> {
    let isAnswered = false;
    this.#handovers.ask(id, to, (outcome) => {
      isAnswered = true;
      if (outcome.ok && outcome.value.leader === to) return;
      const what = outcome.ok ? `${outcome.value.leader} leads next` : outcome.failure.detail;
      throw new Violation(`${id} did not hand over to ${to}: ${what}`);
    });
    await this.#runUntil(this.cluster.time.now() + handoverMsMax, () => !isAnswered);
    if (!isAnswered) throw new Violation(`${id} did not answer the handover to ${to}`);
  }

  async pass(lowMs: number, highMs: number): Promise<void> {
    const { time, chance } = this.cluster;
    await this.#runUntil(time.now() + chance.between(lowMs, Math.max(lowMs, highMs)));
  }

  /** It answers what is in flight, flushes and ends. */
  shutDown(id: NodeId): void {
    const { process } = this.cluster.member(id);
    if (process === undefined) return;
    this.#clients.whenKept(id, process.node.close(), () => this.crash(id, 400));
  }

  wipe(id: NodeId): void {
    const { cluster } = this;
    // Several blank nodes at once elect nobody for long.
    if (cluster.failover && this.#someIsBlank() && cluster.chance.happens(0.8)) return;
    if (!this.#mayLose([id], cluster.leader)) {
      this.#heldBack();
      return;
    }
    this.trace(() => `${id} loses its disk`);
    const led = cluster.failover ? cluster.leaders.includes(id) : id === cluster.leader;
    cluster.wipe(id);
    this.#coverage.met(led ? "leader wiped" : "follower wiped");
    this.#startLater(id, 500);
  }

  #someIsBlank(): boolean {
    return [...this.cluster.members.values()].some(({ disk }) => disk.look().hardState().blank);
  }

  #heldBack(): void {
    this.#coverage.met(heldBack);
  }

  /** All nodes stop and come back with other settings. */
  moveLeader(to?: NodeId): void {
    this.#moveLeader([], to);
  }

  /** The leader goes on with the settings it has. */
  moveLeaderUnawares(): boolean {
    return this.#moveLeader([this.cluster.leader]);
  }

  #moveLeader(unaware: readonly NodeId[], chosen?: NodeId): boolean {
    const { cluster } = this;
    const to = chosen ?? cluster.chance.pick(cluster.followers);
    if (!this.#mayLose([], to)) {
      this.#heldBack();
      return false;
    }
    this.trace(() => `${to} leads from now on`);
    cluster.moveLeader(to, unaware);
    this.#coverage.met("leadership moved by settings");
    for (const id of cluster.ids) if (!unaware.includes(id)) this.#startLater(id, 200);
    return true;
  }

  /** Asks now and then what would be lost if a disk were lost now, and loses none. */
  #keepAsking(): void {
    const { time, chance } = this.cluster;
    const next = () => {
      if (!this.#faulty) return;
      time.after(chance.between(5, 100), next);
      this.couldLose();
    };
    time.after(chance.between(0, 100), next);
  }

  couldLose(): void {
    const { leader, followers, chance, ids, failover } = this.cluster;
    if (failover) {
      this.#mayLose(chance.happens(0.2) ? [chance.pick(ids)] : [], leader);
      return;
    }
    const lost = chance.happens(0.3) ? [leader, chance.pick(followers)] : [leader];
    this.#mayLose(lost, leader);
  }

  /** Whether nothing at all is lost with these disks, not even what the design admits. */
  #mayLose(without: readonly NodeId[], leader: NodeId): boolean {
    return this.#losses.ask(without, leader).size === 0;
  }
}
