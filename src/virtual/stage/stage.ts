/** Plays the commands of a hand-written story on a virtual cluster where nothing is left to chance. */
import type { LiveConfig } from "../../node/api.ts";
import type { NodeId } from "../../replication/types.ts";
import { Losses } from "../checks/losses.ts";
import { Observed } from "../checks/observed.ts";
import { Run } from "../runs/run.ts";
import { VirtualCluster } from "../world/cluster.ts";
import { describeMessage } from "../world/narrate.ts";
import { Chance } from "../world/random.ts";
import { tightLimits } from "../world/settings.ts";
import { Violation } from "../world/violation.ts";
import { BadCommand, parseCommand } from "./commands.ts";
import { forge } from "./forged.ts";
import { StageClients, type Surroundings } from "./stage-clients.ts";
import { StageDisks } from "./stage-disks.ts";
import { StageLinks } from "./stage-links.ts";
import { idsOf, isTold, logOf, milliseconds, statusOf } from "./stage-words.ts";
import { Truth } from "./truth.ts";

/** Always the middle: a wire takes 1 ms, a flush 1 ms, a new stream 100 ms. */
class Steady extends Chance {
  override readonly next = () => 0.4999;
}

type Words = readonly string[];
type Options = Readonly<Record<string, string>>;

/** More than any chain of promises in a node: as in a real event loop, all of it runs before the next event. */
const turnsOfPromises = 8;

async function settled(): Promise<void> {
  for (let turn = 0; turn < turnsOfPromises; turn += 1) await Promise.resolve();
}

/** Who watches a stage. */
export interface StageWatch {
  /** A cluster begins; none of its nodes has started. */
  opened(cluster: VirtualCluster): void;
  /**
   * The world can be looked at: `points` is how often it could be since the command began. With `isQuiet` time stands
   * still for as long as the promise that is returned.
   */
  point(points: number, isQuiet: boolean): Promise<void> | undefined;
}

/** The point at which a command was to end is reached within a random run. */
class CutShort extends Error {}

export class Stage implements Surroundings {
  #cluster: VirtualCluster | undefined;
  #observed: Observed | undefined;
  #losses: Losses | undefined;
  #truth: Truth | undefined;
  readonly #clients = new StageClients(this);
  readonly #watch: StageWatch | undefined;
  /** A promise was seen broken: nothing is played after that. */
  broken: Violation | undefined;
  /** Who watches wants no more of it. */
  #interruption: unknown;
  /** Of the present command: how often the world could be looked at, and when it is to end. */
  #points = 0;
  #pointsMax = Number.POSITIVE_INFINITY;
  readonly #numbers = { last: 0 };
  #lines: string[] = [];
  #messages = false;
  #startedAt = 0;
  readonly #disks = new StageDisks(() => this.#at);
  readonly #links = new StageLinks(() => this.#at.network);
  /** How many clusters the story has had. */
  #clusters = 0;
  /** Of each node's elections: 0, it asks at once; 1, as late as it may. */
  readonly #patience = new Map<NodeId, number>();

  constructor(watch?: StageWatch) {
    this.#watch = watch;
  }

  /**
   * Carries one command out; returns what happened meanwhile, a line each. Throws a BadCommand where the text is wrong.
   */
  async play(text: string): Promise<readonly string[]> {
    const { verb, words, options } = parseCommand(text, this.#cluster?.ids ?? []);
    const { until } = options;
    this.#lines = [];
    this.#startedAt = this.#cluster?.time.now() ?? 0;
    this.#points = 0;
    this.#pointsMax = until === undefined ? Number.POSITIVE_INFINITY : Number(until.slice(1));
    try {
      await this.#acts[verb]?.(words, options);
      this.#truth?.look();
    } catch (error) {
      if (error instanceof BadCommand || error === this.#interruption) throw error;
      const isKnown = error instanceof Violation;
      this.broken = isKnown ? error : new Violation(`a node failed: ${String(error)}`);
      this.#say(`BROKEN PROMISE: ${this.broken.message}`);
    }
    return this.#lines;
  }

  get isCut(): boolean {
    return this.#points >= this.#pointsMax;
  }

  readonly #acts: Readonly<Record<string, (words: Words, options: Options) => Promise<void>>> = {
    cluster: (_, options) => this.#open(options),
    seed: ([seed = "", failover]) => this.#seed(Number(seed), failover !== undefined),
    write: (_, options) => this.#clients.write(options),
    delete: ([key = ""], options) => this.#clients.write({ ...options, [key]: "" }),
    writes: ([count = "1"], options) => this.#clients.writeMany(Number(count), options),
    read: ([id = "", key = ""], options) => this.#clients.read(id, key, options),
    view: ([id = "", ...keys], options) => this.#clients.view(id, keys, options),
    run: ([time = ""]) => this.run(milliseconds(time)),
    status: () => this.#do(() => this.#lines.push(...statusOf(this.#at))),
    log: ([id = ""]) => this.#do(() => this.#lines.push(...logOf(this.#at, id))),
    messages: ([state]) => {
      this.#messages = state === "on";
      return Promise.resolve();
    },
    cut: ([id = "", way = "both"]) => this.#do(() => this.#links.cut(id, way)),
    split: ([some = "", others = "", way = ""]) =>
      this.#do(() => this.#links.split(some, others, way)),
    join: ([some = "", others = ""]) => this.#do(() => this.#links.join(some, others)),
    link: ([some = "", others = "", time = "", way = ""]) =>
      this.#do(() => this.#links.link(some, others, { ms: milliseconds(time), way })),
    lose: ([type = ""]) => this.#do(() => this.#links.lose(type)),
    patience: ([id = "", share = ""]) => this.#do(() => this.#patience.set(id, Number(share))),
    hand: ([to = ""]) => this.#handOver(to),
    stand: (ids) => this.#do(() => ids.forEach((id) => this.#stand(id))),
    upgrade: () => this.#upgrade(),
    heal: ([id = ""]) => this.#do(() => this.#links.cut(id, "none")),
    wire: ([id = "", time = "", way = "both"]) =>
      this.#do(() => this.#links.wire(id, milliseconds(time), way)),
    reorder: ([id = ""]) => this.#do(() => this.#links.unruly(id, { reorder: 1 })),
    reverse: ([id = "", time = ""]) =>
      this.#do(() => this.#links.unruly(id, { reverseMs: milliseconds(time) })),
    duplicate: ([id = ""]) => this.#do(() => this.#links.unruly(id, { duplicate: 1 })),
    reset: ([id = ""]) => this.#do(() => this.#at.network.reset(id)),
    delay: ([id = "", time = "0ms"]) => this.#delay(id, milliseconds(time)),
    drop: ([message = ""]) => this.#do(() => this.#links.drop(message)),
    slow: ([message = "", time = ""]) =>
      this.#do(() => this.#links.slow(message, milliseconds(time))),
    repeat: ([message = ""]) => this.#do(() => this.#links.repeat(message)),
    crash: (ids) => this.#do(() => ids.forEach((id) => this.#at.crash(id))),
    kill: (ids) => this.#do(() => ids.forEach((id) => this.#at.crash(id))),
    restart: (ids) => this.#do(() => ids.forEach((id) => this.#restart(id))),
    start: (ids, { under }) => this.#do(() => ids.forEach((id) => this.#at.start(id, under))),
    wipe: (ids) => this.#wipe(ids),
    disk: ([id = "", state = ""]) => this.#do(() => this.#disks.setState(id, state)),
    freeze: ([id = "", time = ""]) => this.#freeze(id, milliseconds(time)),
    quorum: ([quorum = ""]) => this.#configure({ writeQuorum: Number(quorum) }),
    lead: ([id = ""], { unaware }) => this.#lead(id, unaware === undefined ? [] : [unaware]),
    shutdown: ([id = ""]) => this.#shutDown(id),
    forge: ([from = "", to = "", what = ""], options) =>
      this.#do(() => forge(this.#at, { from, to, what, options })),
    keep: ([id = "", name = ""]) => this.#do(() => this.#disks.keep(id, name)),
    put: ([name = "", id = ""]) => this.#put(name, id),
    ids: () => this.#do(() => this.#lines.push(...idsOf(this.#at))),
    former: (ids) => this.#do(() => ids.forEach((id) => this.#at.network.former.add(id))),
    upgraded: (ids) => this.#do(() => ids.forEach((id) => this.#disks.upgradeOne(id))),
  };

  get #at(): VirtualCluster {
    if (this.#cluster === undefined) throw new BadCommand("a story begins with `cluster`");
    return this.#cluster;
  }

  get cluster(): VirtualCluster {
    return this.#at;
  }

  get observed(): Observed {
    this.#observed ??= new Observed(this.#at);
    return this.#observed;
  }

  get truth(): Truth {
    this.#truth ??= new Truth(this.#at);
    return this.#truth;
  }

  /** Who leads, or was to lead. */
  get leader(): NodeId {
    const { failover, leaders, leader } = this.#at;
    return failover ? (leaders[0] ?? leader) : leader;
  }

  say(line: string): void {
    this.#say(line);
  }

  print(line: string): void {
    this.#lines.push(line);
  }

  #say(line: string): void {
    const ms = this.#at.time.now() - this.#startedAt;
    this.#lines.push(`+${ms.toFixed(1)} ms  ${line}`);
  }

  #do(deed: () => void): Promise<void> {
    deed();
    return Promise.resolve();
  }

  async run(forMs: number, until: () => boolean = () => false): Promise<void> {
    const end = this.#at.time.now() + forMs;
    await this.#point();
    while (!this.isCut && !until() && this.#at.step(end)) {
      await settled();
      this.#truth?.look();
      await this.#point();
    }
  }

  #point(isQuiet = true): Promise<void> | undefined {
    this.#points += 1;
    try {
      return this.#watch?.point(this.#points, isQuiet);
    } catch (error) {
      this.#interruption = error;
      throw error;
    }
  }

  /** The cluster that commands are about from now on. */
  #enter(cluster: VirtualCluster): void {
    this.#cluster = cluster;
    this.#startedAt = 0;
    this.#observed = new Observed(cluster);
    this.#losses = new Losses(cluster);
    this.#truth = new Truth(cluster);
    this.#watch?.opened(cluster);
  }

  async #seed(seed: number, failover: boolean): Promise<void> {
    const run = new Run(seed, failover, this.#numbers);
    this.#enter(run.cluster);
    // The run's own clients judge what they were told.
    this.truth.suspend();
    run.point = (isQuiet) => {
      const pause = this.#point(isQuiet);
      if (this.isCut) throw new CutShort();
      return pause;
    };
    try {
      const { virtualMs, events, entries } = await run.tell();
      this.print(`${events} events in ${virtualMs} ms, ${entries} entries: every promise was kept`);
    } catch (error) {
      if (!(error instanceof CutShort)) throw error;
    }
  }

  async #open(options: Options): Promise<void> {
    const number = (name: string, usual: number) => Number(options[name] ?? usual);
    const backlogEntriesMax = number("backlog", tightLimits.backlogEntriesMax);
    this.#patience.clear();
    const cluster = new VirtualCluster({
      chance: new Steady(1),
      followers: number("followers", 5),
      writeQuorum: number("quorum", 3),
      minDelay: 0,
      maxDelay: 0,
      retention: number("retention", 1000),
      failover: options["failover"] === "1",
      readLease: options["lease"] === "1",
      idempotencySeconds: number("remember", 600),
      randomOf: (id) => () => this.#patience.get(id) ?? 0.4999,
      limits: { ...tightLimits, backlogEntriesMax },
      numbers: this.#numbers,
      digit: String.fromCharCode("a".charCodeAt(0) + this.#clusters),
    });
    this.#clusters += 1;
    this.#enter(cluster);
    for (const { id, disk } of cluster.members.values()) {
      cluster.network.around(id, { minMs: 1, maxMs: 1 });
      disk.slow(1);
    }
    const cover = cluster.network.delivered;
    cluster.network.delivered = (delivery) => {
      cover(delivery);
      const { from, to, message } = delivery;
      const told = this.#messages ? describeMessage(message) : undefined;
      if (told !== undefined) this.#say(`${from} -> ${to}: ${told}`);
    };
    cluster.log = (id, line, facts) => this.#hear(id, line, facts);
    cluster.stopped = (id, reason) => this.#say(`${id} stops: ${reason}`);
    // Nodes that ask for votes at the same time would do so for ever.
    for (const [place, id] of cluster.ids.entries()) this.#patience.set(id, 0.2 + place / 10);
    if (!cluster.failover) this.#patience.clear();
    // The clock of that node is so much slower than the others'.
    const [slow = "", percent = "0"] = (options["slow"] ?? "").split(":");
    for (const id of [slow, options["down"] ?? ""])
      if (id !== "" && !cluster.ids.includes(id)) throw new BadCommand(`no node is called ${id}`);
    if (slow !== "") cluster.member(slow).rate = 1 - Number(percent) / 100;
    for (const id of cluster.ids) if (options["down"] !== id) cluster.start(id);
    await this.run(cluster.failover ? 300 : 50);
    this.#lines = [];
  }

  #hear(id: NodeId, line: string, facts: object): void {
    const { member, state, reason } = facts as { member?: string; state?: string; reason?: string };
    if (member !== undefined && state !== undefined) this.#say(`${id} sees ${member} ${state}`);
    else if (isTold(line, this.#at.failover))
      this.#say(`${id}: ${line}${reason === undefined ? "" : ` (${reason})`}`);
  }

  /** As `POST /leader` does. */
  #handOver(to: NodeId): Promise<void> {
    void this.#at
      .node(this.leader)
      ?.handOver(to)
      .then((result) => this.#say(result.ok ? `${to} leads next` : result.failure.detail));
    return Promise.resolve();
  }

  /** Its leader tells it to stand for leader. */
  #stand(id: NodeId): void {
    const leader = this.leader;
    const epoch = this.#at.node(leader)?.position().epoch ?? 0;
    this.#at.network.inject(leader, id, { type: "stand", epoch, to: id, released: false });
  }

  /** All nodes stop; whichever starts again has FAILOVER=1. */
  #upgrade(): Promise<void> {
    for (const id of this.#at.ids) this.#at.crash(id);
    this.#at.failover = true;
    for (const [place, id] of this.#at.ids.entries()) this.#patience.set(id, 0.2 + place / 10);
    return Promise.resolve();
  }

  #restart(id: NodeId): void {
    this.#at.crash(id);
    this.#at.start(id);
  }

  #put(name: string, id: NodeId): Promise<void> {
    this.truth.suspend();
    return this.#do(() => this.#disks.put(name, id));
  }

  /** The design's words are asked first: would a recovery keep what was settled? */
  async #wipe(ids: Words): Promise<void> {
    this.#ask(ids, this.#at.leader);
    for (const id of ids) this.#at.wipe(id);
    await Promise.resolve();
  }

  async #lead(id: NodeId, unaware: Words): Promise<void> {
    this.#ask([], id);
    this.#at.moveLeader(id, unaware);
    await Promise.resolve();
  }

  #ask(without: Words, leader: NodeId): void {
    const { history } = this.#at;
    const admitted = this.#losses?.ask(without, leader) ?? new Map();
    for (const [sequence, excuse] of admitted)
      this.#say(`entry ${sequence} may be lost: ${excuse}`);
    const first = Math.min(...admitted.keys());
    if (!Number.isFinite(first)) return;
    history.admitLoss(first);
    this.truth.suspend();
  }

  #freeze(id: NodeId, ms: number): Promise<void> {
    const { process } = this.#at.member(id);
    if (process !== undefined) process.clock.frozenUntil = this.#at.time.now() + ms;
    return Promise.resolve();
  }

  #delays: Record<NodeId, { minDelayMs: number; maxDelayMs: number }> = {};

  #delay(id: NodeId, ms: number): Promise<void> {
    this.#delays = { ...this.#delays, [id]: { minDelayMs: ms, maxDelayMs: ms } };
    return this.#configure({ followerDelays: this.#delays });
  }

  /** With elections an answer takes its time. */
  #configure(change: Partial<LiveConfig>): Promise<void> {
    const names = Object.keys(change).join();
    this.#at.configure(change, (result) => {
      if (!result.ok) this.#say(`${names}: ${result.failure.code}: ${result.failure.detail}`);
      else if (this.#at.failover) this.#say(`${names}: the next leader keeps it`);
    });
    return Promise.resolve();
  }

  #shutDown(id: NodeId): Promise<void> {
    void this.#at
      .node(id)
      ?.close()
      .then(() => {
        this.#say(`${id} has shut down`);
        this.#at.crash(id);
      });
    return Promise.resolve();
  }
}
