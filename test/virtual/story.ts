import type { Result } from "../../src/errors.ts";
import type { KeyValue, WriteReceipt, WriteRequest } from "../../src/node/api.ts";
import { LeaderNode } from "../../src/node/leader-node.ts";
import type { NodeId } from "../../src/replication/types.ts";
import { type ClusterSettings, VirtualCluster } from "./cluster.ts";
import { Violation } from "./history.ts";
import { calmWire } from "./network.ts";

/** How one seed ended, in figures. */
export interface Outcome {
  readonly seed: number;
  readonly virtualMs: number;
  readonly events: number;
  readonly entries: number;
  readonly settled: number;
  readonly unknown: number;
  readonly refused: number;
  readonly faults: Readonly<Record<string, number>>;
}

const keys = ["a", "b", "c", "d", "e", "f"] as const;
const safetyMs = 4_000;
const livenessMs = 30_000;

type Fault = (run: Run) => void;

/** One story told by a seed: anything may fail for a while, then all heals and must come right. */
export class Run {
  readonly cluster: VirtualCluster;
  readonly #wipes: boolean;
  readonly #intensity: number;
  #faulty = true;
  #events = 0;
  #written = 0;
  #open = 0;
  #unknown = 0;
  #refused = 0;
  readonly #faults: Record<string, number> = {};
  trace: (line: string) => void = () => {};

  constructor(seed: number, change: Partial<ClusterSettings> = {}) {
    const draw = new VirtualCluster({
      seed,
      followers: 5,
      writeQuorum: 3,
      minDelay: 0,
      maxDelay: 0,
      retention: 30,
    }).chance;
    const followers = draw.pick([1, 2, 3, 5, 5, 5]);
    const delayed = draw.happens(0.5);
    this.cluster = new VirtualCluster({
      seed,
      followers,
      writeQuorum: draw.whole(0, followers),
      minDelay: 0,
      maxDelay: delayed ? draw.between(5, 100) : 0,
      retention: draw.pick([10, 30, 1000]),
      ...change,
    });
    this.#wipes = draw.happens(0.6);
    this.#intensity = draw.pick([0.3, 1, 3]);
  }

  tell(): Outcome {
    const { cluster } = this;
    for (const id of cluster.ids) cluster.start(id);
    this.#keepWriting();
    this.#keepReading();
    this.#keepFailing();
    this.#run(safetyMs);
    this.#heal();
    this.#run(cluster.time.now() + 1_000);
    this.#mustComeRight();
    return {
      seed: cluster.settings.seed,
      virtualMs: Math.round(cluster.time.now()),
      events: this.#events,
      entries: cluster.history.length,
      settled: cluster.history.settledCount,
      unknown: this.#unknown,
      refused: this.#refused,
      faults: this.#faults,
    };
  }

  #run(until: number): void {
    const { cluster } = this;
    while (cluster.time.step(until)) {
      this.#events += 1;
      cluster.examine();
    }
  }

  // --- clients ---------------------------------------------------------------------------------

  #keepWriting(): void {
    const { time, chance } = this.cluster;
    const next = () => {
      if (this.#faulty) time.after(chance.between(0, chance.pick([4, 40, 200])), next);
      for (let burst = chance.pick([1, 1, 1, 5]); burst > 0; burst -= 1) this.write();
    };
    time.after(1, next);
  }

  write(): void {
    const { chance, settings } = this.cluster;
    const low = this.#wipes ? Math.max(1, settings.writeQuorum) : 0;
    const quorum =
      chance.happens(0.3) && low <= settings.followers
        ? chance.whole(low, settings.followers)
        : undefined;
    const operations = Array.from({ length: chance.pick([1, 1, 1, 3]) }, () => {
      const key = chance.pick(keys);
      this.#written += 1;
      const value = chance.happens(0.15) ? undefined : JSON.stringify(this.#written);
      const ifVersion = chance.happens(0.25) ? this.#guessVersion(key) : undefined;
      return { key, value, ifVersion };
    });
    const timeoutMs = chance.pick([20, 300, 2_000]);
    this.submit({ operations, quorum, timeoutMs });
  }

  submit(request: WriteRequest, told?: (result: Result<WriteReceipt>) => void): void {
    const node = this.cluster.node(this.cluster.leader);
    if (!(node instanceof LeaderNode)) return;
    let answers = 0;
    this.#open += 1;
    const process = this.cluster.member(this.cluster.leader).process;
    node.submit(request, (result) => {
      answers += 1;
      if (answers > 1) throw new Violation("a writer was answered twice");
      this.#open -= 1;
      told?.(result);
      if (this.cluster.member(this.cluster.leader).process !== process) return;
      if (result.ok) this.#settledAs(request, result.value);
      else if (result.failure.code === "OUTCOME_UNKNOWN") this.#unknown += 1;
      else this.#refused += 1;
    });
    // A process that dies answers nobody.
    this.cluster.time.after((request.timeoutMs ?? 2_000) + 5_000, () => {
      if (answers === 0 && this.cluster.member(this.cluster.leader).process === process)
        throw new Violation("a writer was never answered");
    });
  }

  #settledAs(request: WriteRequest, receipt: WriteReceipt): void {
    this.cluster.history.settled(receipt.version, request.operations, receipt.quorum);
    if (receipt.acks.length < receipt.quorum)
      throw new Violation(`settled with ${receipt.acks.length} acks of ${receipt.quorum}`);
  }

  #guessVersion(key: string): number {
    const read = this.cluster.node(this.cluster.leader)?.read({ key });
    if (read === undefined || read instanceof Promise || !read.ok) return 0;
    return read.value.version;
  }

  #keepReading(): void {
    const { time, chance, ids } = this.cluster;
    const next = () => {
      time.after(chance.between(0, 30), next);
      this.#read(chance.pick(ids), chance.pick(keys));
    };
    time.after(1, next);
  }

  /** A follower's read shows exactly one prefix of the history. */
  #read(id: NodeId, key: string): void {
    const node = this.cluster.node(id);
    if (node === undefined || id === this.cluster.leader) return;
    const read = node.read({ key });
    if (read instanceof Promise) return;
    const { applied } = this.cluster.member(id).disk.peek();
    const expected = this.cluster.history.at(applied, key);
    const found: KeyValue | undefined = read.ok ? read.value : undefined;
    if (found?.value !== expected?.value || found?.version !== expected?.version)
      throw new Violation(
        `${id} reads ${key} as ${JSON.stringify(found)} at ${applied}: ${JSON.stringify(expected)}`,
      );
  }

  // --- faults ----------------------------------------------------------------------------------

  #keepFailing(): void {
    const { time, chance } = this.cluster;
    const next = () => {
      if (!this.#faulty) return;
      time.after(chance.between(5, 300 / this.#intensity), next);
      const [name, fault] = chance.pick(faults);
      this.#faults[name] = (this.#faults[name] ?? 0) + 1;
      this.trace(`${time.now().toFixed(1)} fault ${name}`);
      fault(this);
    };
    time.after(chance.between(0, 400), next);
  }

  later(lowMs: number, highMs: number, run: () => void): void {
    const { time, chance } = this.cluster;
    time.after(chance.between(lowMs, highMs), () => {
      if (this.#faulty) run();
    });
  }

  crash(id: NodeId, downMs: number): void {
    this.cluster.crash(id);
    this.later(0, downMs, () => this.cluster.start(id));
  }

  wipe(id: NodeId): void {
    const { cluster } = this;
    if (!this.#wipes || !cluster.history.mayWipe(id)) return;
    cluster.wipe(id);
    this.later(0, 500, () => cluster.start(id));
  }

  #heal(): void {
    const { cluster } = this;
    this.#faulty = false;
    this.trace(`${cluster.time.now().toFixed(1)} all heals`);
    for (const { id, disk, process } of cluster.members.values()) {
      disk.fail(undefined);
      disk.slow(0.3);
      if (process !== undefined) process.clock.frozenUntil = 0;
      Object.assign(cluster.network.wire(id), calmWire());
      cluster.network.heal(id);
      // What hung on a cut wire is reset by its keepalive.
      if (cluster.chance.happens(0.5)) cluster.network.reset(id);
      cluster.start(id);
    }
  }

  // --- the end ---------------------------------------------------------------------------------

  #mustComeRight(): void {
    const { cluster } = this;
    const until = cluster.time.now() + livenessMs;
    let answered = false;
    const tryAgain = () => {
      for (const id of cluster.ids) cluster.start(id);
      if (answered) return;
      const operations = [{ key: "last", value: "true" }];
      this.submit({ operations, timeoutMs: 500 }, (result) => {
        answered ||= result.ok;
      });
      cluster.time.after(600, tryAgain);
    };
    tryAgain();
    const converged = () => {
      const marks = cluster.ids.map((id) => cluster.node(id)?.marks());
      const [first] = marks;
      return marks.every((mark) => mark !== undefined && mark.applied === first?.last);
    };
    const done = cluster.runWhile(() => !(answered && converged()), until);
    if (!done) throw new Violation(this.#describe(answered));
    cluster.history.finish();
    const digests = new Set(cluster.ids.map((id) => cluster.node(id)?.status().digest));
    if (digests.size !== 1) throw new Violation(`digests differ: ${[...digests].join(", ")}`);
  }

  #describe(answered: boolean): string {
    const states = this.cluster.ids.map((id) => {
      const node = this.cluster.node(id);
      return `${id} ${JSON.stringify(node?.marks())} ${node?.status().reasons.join("; ")}`;
    });
    return `no convergence (answered: ${answered}):\n${states.join("\n")}`;
  }
}

const anyFollower = ({ cluster }: Run) => cluster.chance.pick(cluster.followers);
const anyNode = ({ cluster }: Run) => cluster.chance.pick(cluster.ids);

const faults: readonly (readonly [string, Fault])[] = [
  ["crash a follower", (run) => run.crash(anyFollower(run), 1_500)],
  ["crash the leader", (run) => run.crash(run.cluster.leader, 400)],
  ["crash and restart the leader at once", (run) => run.crash(run.cluster.leader, 2)],
  [
    "crash everything",
    (run) => {
      for (const id of run.cluster.ids) run.crash(id, 300);
    },
  ],
  ["wipe a follower", (run) => run.wipe(anyFollower(run))],
  ["wipe the leader", (run) => run.wipe(run.cluster.leader)],
  [
    "freeze a node",
    (run) => {
      const { process } = run.cluster.member(anyNode(run));
      if (process !== undefined)
        process.clock.frozenUntil = run.cluster.time.now() + run.cluster.chance.between(10, 2_500);
    },
  ],
  ["reset a stream", (run) => run.cluster.network.reset(anyFollower(run))],
  [
    "cut a wire",
    (run) => {
      const follower = anyFollower(run);
      const wire = run.cluster.network.wire(follower);
      const ways = run.cluster.chance.pick(["both", "there", "back"]);
      wire.toFollowerCut = ways !== "back";
      wire.toLeaderCut = ways !== "there";
      run.later(10, 2_500, () => {
        wire.toFollowerCut = false;
        wire.toLeaderCut = false;
        run.cluster.network.heal(follower);
      });
    },
  ],
  [
    "slow a wire",
    (run) => {
      const wire = run.cluster.network.wire(anyFollower(run));
      wire.maxMs = run.cluster.chance.between(1, 400);
      run.later(10, 1_500, () => {
        wire.maxMs = 0.5;
      });
    },
  ],
  [
    "make a wire unruly",
    (run) => {
      const wire = run.cluster.network.wire(anyFollower(run));
      Object.assign(wire, { reorder: 0.5, duplicate: 0.3, drop: 0.01 });
      run.later(10, 2_000, () => Object.assign(wire, { reorder: 0, duplicate: 0, drop: 0 }));
    },
  ],
  [
    "fill a disk",
    (run) => {
      const { disk } = run.cluster.member(anyNode(run));
      disk.fail("no space left on device (ENOSPC)");
      run.later(10, 1_500, () => disk.fail(undefined));
    },
  ],
  [
    "slow a disk",
    (run) => {
      const { disk } = run.cluster.member(anyNode(run));
      disk.slow(run.cluster.chance.between(1, 100));
      run.later(10, 1_500, () => disk.slow(0.3));
    },
  ],
  [
    "change the settings",
    (run) => {
      const { chance, settings, leader } = run.cluster;
      const writeQuorum = chance.whole(settings.writeQuorum, settings.followers);
      const maxDelay = chance.pick([0, 0, 50]);
      run.cluster.node(leader)?.configure({ writeQuorum, minDelay: 0, maxDelay });
    },
  ],
];
