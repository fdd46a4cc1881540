import type { NodeId } from "../../src/replication/types.ts";
import { heldBack } from "./account.ts";
import { Clients } from "./clients.ts";
import { VirtualCluster } from "./cluster.ts";
import { Coverage } from "./coverage.ts";
import { drawQuorum, faultNames, faults } from "./faults.ts";
import { Losses } from "./losses.ts";
import { calmWire } from "./network.ts";
import { Chance } from "./random.ts";
import { type Director, type Scene, sceneNames, scenes } from "./scenes.ts";
import { Violation } from "./violation.ts";

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
const livenessMs = 30_000;
/** Of so many seeds one plays a scene; the others leave everything to chance. */
const sceneEvery = 3;

/**
 * One seed: anything may fail for a while, or a scene is played; then all heals and must come right.
 */
export class Run implements Director {
  readonly seed: number;
  readonly cluster: VirtualCluster;
  readonly #clients: Clients;
  readonly #coverage = new Coverage();
  readonly #intensity: number;
  readonly #kinds: readonly string[];
  readonly #scene: Scene | undefined;
  readonly #losses: Losses;
  #faulty = true;
  #events = 0;
  trace: (line: () => string) => void = () => {};

  constructor(seed: number) {
    const chance = new Chance(seed);
    const followers = chance.pick([1, 2, 3, 5, 5, 5]);
    this.seed = seed;
    const name = seed % sceneEvery === 0 ? chance.pick(sceneNames) : undefined;
    this.#scene = name === undefined ? undefined : scenes[name];
    if (name !== undefined) this.#coverage.met(`scene: ${name}`);
    this.cluster = new VirtualCluster({
      chance,
      followers,
      writeQuorum: drawQuorum(chance, followers),
      minDelay: 0,
      maxDelay: chance.happens(0.5) ? chance.between(5, 100) : 0,
      retention: chance.pick([10, 30, 1000]),
      coverage: this.#coverage,
      ...this.#scene?.settings(chance),
    });
    this.#clients = new Clients(this.cluster);
    this.#losses = new Losses(this.cluster);
    this.#intensity = chance.pick([0.3, 1, 3]);
    // A seed that does everything does nothing for long: most leave some kinds of faults out.
    const share = chance.pick([0.3, 0.6, 1]);
    const kinds = faultNames.filter(() => chance.happens(share));
    this.#kinds = kinds.length > 0 ? kinds : faultNames;
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
      this.#keepFailing();
      await this.#runUntil(safetyMs);
    } else {
      this.#clients.beginReading(over);
      await this.#runUntil(20);
      await this.#scene.play(this);
    }
    this.#heal();
    await this.#runUntil(this.#thawedAt() + 1_000);
    await this.#mustComeRight();
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
      if (this.#clients.promised > 0) await Promise.resolve();
      if (this.#clients.wrong !== undefined) throw this.#clients.wrong;
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

  // --- faults ----------------------------------------------------------------------------------

  #keepFailing(): void {
    const { time, chance } = this.cluster;
    const next = () => {
      if (!this.#faulty) return;
      time.after(chance.between(5, 300 / this.#intensity), next);
      const name = chance.pick(this.#kinds);
      this.#coverage.met(`fault: ${name}`);
      this.trace(() => `FAULT: ${name}`);
      faults[name]?.(this);
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

  read(key: string): void {
    this.#clients.readLeader(key);
  }

  async pass(lowMs: number, highMs: number): Promise<void> {
    const { time, chance } = this.cluster;
    await this.#runUntil(time.now() + chance.between(lowMs, Math.max(lowMs, highMs)));
  }

  /** It answers what is in flight, flushes and ends. */
  shutDown(id: NodeId): void {
    const { process } = this.cluster.member(id);
    if (process === undefined) return;
    this.#clients.promised += 1;
    void process.node.close().then(() => {
      this.#clients.promised -= 1;
      if (this.cluster.member(id).process === process) this.crash(id, 400);
    });
  }

  wipe(id: NodeId): void {
    const { cluster } = this;
    if (!this.#mayLose([id], cluster.leader)) {
      this.#heldBack();
      return;
    }
    this.trace(() => `${id} loses its disk`);
    cluster.wipe(id);
    this.#coverage.met(id === cluster.leader ? "leader wiped" : "follower wiped");
    this.#startLater(id, 500);
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
    const { leader, followers, chance } = this.cluster;
    const lost = chance.happens(0.3) ? [leader, chance.pick(followers)] : [leader];
    this.#mayLose(lost, leader);
  }

  /** Whether nothing at all is lost with these disks, not even what the design admits. */
  #mayLose(without: readonly NodeId[], leader: NodeId): boolean {
    return this.#losses.ask(without, leader).size === 0;
  }

  #heal(): void {
    const { cluster } = this;
    this.#faulty = false;
    this.trace(() => "all heals");
    cluster.configure({ followerDelays: {} });
    for (const { id, disk } of cluster.members.values()) {
      disk.fail(undefined);
      disk.slow(0.3);
      Object.assign(cluster.network.wire(id), calmWire());
      cluster.network.heal(id);
      // What hung on a cut wire is reset by its keepalive.
      if (cluster.chance.happens(0.5)) cluster.network.reset(id);
      cluster.start(id);
    }
  }

  /** A frozen process thaws by itself. */
  #thawedAt(): number {
    const { members, time } = this.cluster;
    const ends = [...members.values()].map(({ process }) => process?.clock.frozenUntil ?? 0);
    return Math.max(time.now(), ...ends);
  }

  // --- the end ---------------------------------------------------------------------------------

  async #mustComeRight(): Promise<void> {
    const { cluster } = this;
    let answered = false;
    const tryAgain = () => {
      for (const id of cluster.ids) cluster.start(id);
      if (answered) return;
      const operations = [{ key: "last", value: "true" }];
      this.#clients.submit({ operations, timeoutMs: 500 }, (result) => {
        answered ||= result.ok;
      });
      cluster.time.after(600, tryAgain);
    };
    tryAgain();
    const converged = () => {
      const last = cluster.node(cluster.leader)?.position().last;
      return cluster.ids.every((id) => cluster.node(id)?.applied === last);
    };
    await this.#runUntil(cluster.time.now() + livenessMs, () => !(answered && converged()));
    if (!(answered && converged())) throw new Violation(this.#describe(answered));
    await this.#runUntil(cluster.time.now() + 100);
    cluster.history.finish();
    const digests = new Set(cluster.ids.map((id) => cluster.node(id)?.status().digest));
    if (digests.size !== 1) throw new Violation(`digests differ: ${[...digests].join(", ")}`);
    this.#clients.finish();
  }

  #describe(answered: boolean): string {
    const states = this.cluster.ids.map((id) => {
      const node = this.cluster.node(id);
      return `${id} ${JSON.stringify(node?.position())} ${node?.status().reasons.join("; ")}`;
    });
    return `no convergence (answered: ${answered}):\n${states.join("\n")}`;
  }
}
