/** Plays the commands of a hand-written story on a virtual cluster where nothing is left to chance. */
import type { Result } from "../../errors.ts";
import type { KeyValue, LiveConfig } from "../../node/api.ts";
import type { NodeId } from "../../replication/types.ts";
import { Losses } from "../checks/losses.ts";
import { Observed } from "../checks/observed.ts";
import { VirtualCluster } from "../world/cluster.ts";
import { describeEntry, describeMessage } from "../world/narrate.ts";
import { Chance } from "../world/random.ts";
import { tightLimits } from "../world/settings.ts";
import { Violation } from "../world/violation.ts";
import { forge } from "./forged.ts";
import { StageDisks } from "./stage-disks.ts";
import { StageLinks } from "./stage-links.ts";
import {
  describeAnswer,
  describeNode,
  describeRead,
  describeView,
  idsOf,
  milliseconds,
} from "./stage-words.ts";

/** Always the middle: a wire takes 1 ms, a flush 1 ms, a new stream 100 ms. */
class Steady extends Chance {
  override readonly next = () => 0.4999;
}

type Words = readonly string[];
type Options = Readonly<Record<string, string>>;

const answerMs = 20;
const isOfStorage = /storage|quorum|belongs to/;
const isOfElections =
  /storage|quorum|stands for|no leader is heard|no longer leads|obeys|does not lead|leads on|disk|refused|belongs to/;

export class Stage {
  #cluster: VirtualCluster | undefined;
  #observed: Observed | undefined;
  #losses: Losses | undefined;
  #lines: string[] = [];
  #messages = false;
  #startedAt = 0;
  readonly #disks = new StageDisks(() => this.#at);
  readonly #links = new StageLinks(() => this.#at.network);
  /** How many clusters the story has had. */
  #clusters = 0;
  /** Of each node's elections: 0, it asks at once; 1, as late as it may. */
  readonly #patience = new Map<NodeId, number>();

  /** Carries one command out; returns what happened meanwhile, a line each. */
  async play(command: string): Promise<readonly string[]> {
    this.#lines = [];
    this.#startedAt = this.#cluster?.time.now() ?? 0;
    const [verb = "", ...rest] = command.split(" ");
    const words = rest.filter((word) => !word.includes("="));
    const options = Object.fromEntries(
      rest.filter((word) => word.includes("=")).map((word) => word.split("=") as [string, string]),
    );
    const act = this.#acts[verb];
    if (act === undefined) throw new Error(`no command ${verb}`);
    try {
      await act(words, options);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#say(`BROKEN PROMISE: ${error.message}`);
    }
    return this.#lines;
  }

  readonly #acts: Readonly<Record<string, (words: Words, options: Options) => Promise<void>>> = {
    cluster: (_, options) => this.#open(options),
    write: (_, options) => this.#write(options),
    delete: ([key = ""], options) => this.#write({ ...options, [key]: "" }),
    writes: ([count = "1"], options) => this.#writeMany(Number(count), options),
    read: ([id = "", key = ""], options) => this.#read(id, key, options),
    view: ([id = "", ...keys], options) => this.#view(id, keys, options),
    run: ([time = ""]) => this.#run(milliseconds(time)),
    status: () => this.#status(),
    log: ([id = ""]) => this.#log(id),
    messages: ([state]) => {
      this.#messages = state === "on";
      return Promise.resolve();
    },
    cut: ([id = "", way = "both"]) => this.#do(() => this.#links.cut(id, way)),
    split: ([some = "", others = "", way = ""]) =>
      this.#do(() => this.#links.split(some, others, way)),
    join: ([some = "", others = ""]) => this.#do(() => this.#links.join(some, others)),
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
    crash: (ids) => this.#do(() => ids.forEach((id) => this.#at.crash(id))),
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
    put: ([name = "", id = ""]) => this.#do(() => this.#disks.put(name, id)),
    ids: () => this.#do(() => this.#lines.push(...idsOf(this.#at))),
    former: (ids) => this.#do(() => ids.forEach((id) => this.#at.network.former.add(id))),
    upgraded: (ids) => this.#do(() => ids.forEach((id) => this.#disks.upgradeOne(id))),
  };

  get #at(): VirtualCluster {
    if (this.#cluster === undefined) throw new Error("a story begins with `cluster`");
    return this.#cluster;
  }

  /** Who leads, or was to lead. */
  get #leader(): NodeId {
    const { failover, leaders, leader } = this.#at;
    return failover ? (leaders[0] ?? leader) : leader;
  }

  #say(line: string): void {
    const ms = this.#at.time.now() - this.#startedAt;
    this.#lines.push(`+${ms.toFixed(1)} ms  ${line}`);
  }

  #do(deed: () => void): Promise<void> {
    deed();
    return Promise.resolve();
  }

  async #run(forMs: number, until: () => boolean = () => false): Promise<void> {
    const end = this.#at.time.now() + forMs;
    while (!until() && this.#at.step(end)) await Promise.resolve();
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
      digit: String.fromCharCode("a".charCodeAt(0) + this.#clusters),
    });
    this.#clusters += 1;
    this.#cluster = cluster;
    this.#observed = new Observed(cluster);
    this.#losses = new Losses(cluster);
    for (const { id, disk } of cluster.members.values()) {
      cluster.network.around(id, { minMs: 1, maxMs: 1 });
      disk.slow(1);
    }
    cluster.network.delivered = ({ from, to, message }) => {
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
    if (slow !== "") cluster.member(slow).rate = 1 - Number(percent) / 100;
    for (const id of cluster.ids) if (options["down"] !== id) cluster.start(id);
    await this.#run(cluster.failover ? 300 : 50);
    this.#lines = [];
  }

  #hear(id: NodeId, line: string, facts: object): void {
    const { member, state, reason } = facts as { member?: string; state?: string; reason?: string };
    if (member !== undefined && state !== undefined) this.#say(`${id} sees ${member} ${state}`);
    else if (this.#at.failover ? isOfElections.test(line) : isOfStorage.test(line))
      this.#say(`${id}: ${line}${reason === undefined ? "" : ` (${reason})`}`);
  }

  async #write(options: Options): Promise<void> {
    const { quorum, timeout, if: ifVersion, wait, at, check, once, ...values } = options;
    const checks = (check ?? "").split(",").flatMap((text) => {
      const [key = "", version = ""] = text.split(":");
      return key === "" ? [] : [{ key, ifVersion: Number(version), isCheck: true }];
    });
    const writes = Object.entries(values).map(([key, text]) => ({
      key,
      value: text === "" ? undefined : text,
      ifVersion: ifVersion === undefined ? undefined : Number(ifVersion),
    }));
    const leader = at ?? this.#leader;
    const node = this.#at.node(leader);
    if (node === undefined || (node.role !== "leader" && at === undefined)) {
      this.#say("the leader is down");
      return;
    }
    let answered = false;
    const timeoutMs = timeout === undefined ? undefined : milliseconds(timeout);
    const operations = [...checks, ...writes];
    // Two writes with one key ask for the same if they write the same.
    const idempotency =
      once === undefined ? {} : { idempotency: { key: once, request: JSON.stringify(values) } };
    const request = {
      operations,
      timeoutMs,
      ...idempotency,
      ...(quorum && { quorum: Number(quorum) }),
    };
    this.#observed?.asked(request);
    node.submit(request, (result) => {
      answered = true;
      this.#observed?.told(leader, request, result);
      const name = writes.map(({ key, value }) => `${key}=${value ?? "deleted"}`).join(" ");
      this.#say(`${name}: ${describeAnswer(result)}`);
    });
    await this.#run(wait === undefined ? answerMs : milliseconds(wait), () => answered);
    if (!answered) this.#say("no answer yet");
  }

  /** As `POST /leader` does. */
  #handOver(to: NodeId): Promise<void> {
    void this.#at
      .node(this.#leader)
      ?.handOver(to)
      .then((result) => this.#say(result.ok ? `${to} leads next` : result.failure.detail));
    return Promise.resolve();
  }

  /** Its leader tells it to stand for leader. */
  #stand(id: NodeId): void {
    const leader = this.#leader;
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
    if (Number.isFinite(first)) history.admitLoss(first);
  }

  async #writeMany(count: number, options: Options): Promise<void> {
    const node = this.#at.node(this.#leader);
    const outcomes = new Map<string, number>();
    for (let number = 1; number <= count; number += 1) {
      const operations = [{ key: `k${number % 10}`, value: String(number) }];
      const request = {
        operations,
        ...(options["quorum"] && { quorum: Number(options["quorum"]) }),
      };
      if (node?.role === "leader")
        node.submit(request, (result) => {
          const outcome = result.ok ? "settled" : result.failure.code;
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        });
      if (options["gap"] !== undefined) await this.#run(milliseconds(options["gap"]));
    }
    await this.#run(answerMs);
    for (const [outcome, times] of outcomes) this.#lines.push(`${times} writes: ${outcome}`);
  }

  async #read(id: NodeId, key: string, options: Options): Promise<void> {
    const minVersion = options["min"] === undefined ? undefined : Number(options["min"]);
    const consistency = options["as"] === "linearizable" ? "linearizable" : undefined;
    const answer = this.#at.node(id)?.read({ key, minVersion, consistency });
    if (answer === undefined) this.#say(`${id} is down`);
    else if (answer instanceof Promise) {
      let answered = false;
      void answer.then((result) => {
        answered = true;
        this.#noteShown(id, key, result);
        this.#say(`${id} shows ${key}: ${describeRead(result)}`);
      });
      await this.#run(answerMs, () => answered);
      if (!answered) this.#say("no answer yet");
    } else {
      this.#noteShown(id, key, answer);
      this.#lines.push(`${key}: ${describeRead(answer)}`);
    }
  }

  /** Several keys as of one moment. */
  async #view(id: NodeId, keys: Words, { as, wait }: Options): Promise<void> {
    const consistency = as === "local" ? "local" : "linearizable";
    const node = this.#at.node(id);
    if (node === undefined) return;
    const answer = node.readMany({ keys, consistency });
    let answered = false;
    void Promise.resolve(answer).then((result) => {
      answered = true;
      this.#say(`${id} shows ${describeView(keys, result)}`);
    });
    await Promise.resolve();
    await this.#run(wait === undefined ? answerMs : milliseconds(wait), () => answered);
    if (!answered) this.#say("no answer yet");
  }

  #noteShown(id: NodeId, key: string, result: Result<KeyValue>): void {
    if (this.#at.failover ? this.#at.node(id)?.role !== "leader" : id !== this.#at.leader) return;
    if (result.ok) this.#observed?.shown(id, key, result.value);
    else if (result.failure.code === "KEY_NOT_FOUND") this.#observed?.shown(id, key, undefined);
  }

  async #status(): Promise<void> {
    for (const id of this.#at.ids) {
      const node = this.#at.node(id);
      this.#lines.push(`${id.padEnd(9)} ${node === undefined ? "down" : describeNode(node)}`);
    }
    await Promise.resolve();
  }

  #log(id: NodeId): Promise<void> {
    const disk = this.#at.member(id).disk.look();
    const { applied } = disk.summary();
    const all = { entriesMax: 1_000, bytesMax: 1_000_000 };
    for (const entry of disk.readLog(1, all)) {
      const mark = entry.sequence <= applied ? "applied" : "";
      this.#lines.push(`${describeEntry(entry)} epoch ${entry.epoch} ${mark}`.trimEnd());
    }
    if (this.#lines.length === 0) this.#lines.push(`empty log, applied ${applied}`);
    return Promise.resolve();
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
