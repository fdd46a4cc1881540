/**
 * Histories of leaderships and nothing else: nodes lead in turn and at the same time, writes reach some nodes and
 * not others, and chance decides whom a recovery hears. The leader's writes and the recovery's evidence are the real
 * ones. All around them is plain, and as adverse as the design admits.
 */
import { Backlog } from "../../src/replication/leader/backlog.ts";
import { Floor } from "../../src/replication/leader/floor.ts";
import { LeaderDraft } from "../../src/replication/leader/leader-effects.ts";
import type { WishedOperation } from "../../src/replication/leader/proposal.ts";
import { Writes } from "../../src/replication/leader/writes.ts";
import { DEFAULT_LIMITS } from "../../src/replication/limits.ts";
import { Evidence } from "../../src/replication/recovery/evidence.ts";
import type { Entry, Epoch, Sequence, StoreRecord } from "../../src/replication/types.ts";
import type { LogView, StoreView } from "../../src/replication/views.ts";
import { whatIsKept } from "../../src/virtual/world/kept.ts";
import type { Chance } from "../../src/virtual/world/random.ts";

interface Disk {
  readonly name: string;
  promised: Epoch;
  readonly log: Map<Sequence, Entry>;
  store: Map<string, StoreRecord>;
  applied: Sequence;
}

interface Term {
  readonly epoch: Epoch;
  readonly disk: Disk;
  readonly writes: Writes;
  readonly out: LeaderDraft;
  readonly floor: Floor;
}

const keys = ["a", "a", "a", "b"] as const;
const lastMax = 8;
const noLog: LogView = { first: () => 0, read: () => [], history: () => undefined };

/** One history. */
export class Leaderships {
  readonly #chance: Chance;
  readonly #disks: readonly Disk[];
  readonly #quorum: number;
  /** The node that led last may lead again with its log, after fewer promises. */
  readonly #restarts: boolean;
  readonly #terms: Term[] = [];
  /** What may never vanish or change. */
  readonly #settled = new Map<Sequence, Entry>();
  readonly #trace: string[] = [];
  #epoch: Epoch = 0;
  #values = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
    const nodes = chance.pick([3, 3, 3, 4, 5]);
    this.#quorum = chance.whole(1, nodes - 2);
    this.#restarts = chance.happens(0.15);
    this.#disks = Array.from({ length: nodes }, (_, index) => ({
      name: `node${index}`,
      promised: 0,
      log: new Map(),
      store: new Map(),
      applied: 0,
    }));
    this.#trace.push(`${nodes} nodes, quorum ${this.#quorum}`);
  }

  /** Throws with the whole history when something settled is lost. Returns how much was settled. */
  play(): number {
    for (let steps = this.#chance.whole(30, 80); steps > 0; steps -= 1) {
      const leading = this.#terms.filter(({ disk, epoch }) => disk.promised === epoch);
      if (leading.length === 0 || this.#chance.happens(0.25)) this.#elect();
      else this.#goOn(this.#chance.pick(leading));
    }
    return this.#settled.size;
  }

  #elect(): void {
    const disk = this.#chance.pick(this.#disks);
    const before = this.#terms.findLast((term) => term.disk === disk);
    if (this.#restarts && before?.epoch === disk.promised && this.#chance.happens(0.5)) {
      this.#restart(before);
      return;
    }
    // What settles is on quorum + 1 nodes. A restart asks for quorum promises, its own included.
    const needed = this.#disks.length - this.#quorum + (this.#restarts ? 1 : 0);
    const heard = [disk, ...this.#others(disk, needed - 1)];
    const epoch = this.#promise(heard);
    const { applied, store } = heard.reduce((most, each) =>
      each.applied > most.applied ? each : most,
    );
    Object.assign(disk, { applied, store: new Map(store) });
    this.#trace.push(`epoch ${epoch}: ${heard.map(({ name }) => name).join(" ")}, from ${applied}`);
    const evidence = heard.flatMap(({ log }) =>
      [...log.values()].filter(({ sequence }) => sequence > applied),
    );
    this.#lead({ disk, epoch, entries: this.#merged(disk, epoch, evidence), committed: applied });
  }

  #merged(disk: Disk, epoch: Epoch, heard: readonly Entry[]): readonly Entry[] {
    const { applied } = disk;
    const evidence = new Evidence();
    for (const entry of heard) evidence.weigh(entry);
    const entries = evidence.merged({
      ...{ epoch, applied, store: storeOf(disk) },
      backlogEntriesMax: DEFAULT_LIMITS.backlogEntriesMax,
    });
    this.#trace.push(...entries.map((entry) => `  ${JSON.stringify(entry)}`));
    const kept = whatIsKept({ applied, get: storeOf(disk).get, entries: heard });
    for (const { sequence, operations } of entries)
      if (contentOf(kept(sequence)?.operations) !== contentOf(operations))
        this.#break(`the plain rules keep something else at ${sequence}`);
    for (const { sequence, origin } of this.#settled.values())
      if (sequence > applied && entries[sequence - applied - 1]?.origin !== origin)
        this.#break(`entry ${sequence} is lost`);
    return entries;
  }

  /** The log of the node that led last holds all that is settled. */
  #restart({ disk, writes: { ledger } }: Term): void {
    const asked = this.#others(disk, this.#quorum - 1);
    if (asked.some(({ promised }) => promised > disk.promised)) return;
    const epoch = this.#promise([disk, ...asked]);
    const committed = this.#chance.pick([disk.applied, ledger.committed]);
    const entries: Entry[] = [];
    for (let sequence = disk.applied + 1; sequence <= ledger.flushed; sequence += 1) {
      const entry = disk.log.get(sequence);
      if (entry === undefined) this.#break(`the log of ${disk.name} has a hole at ${sequence}`);
      else entries.push(sequence > committed ? { ...entry, epoch } : entry);
    }
    this.#trace.push(`epoch ${epoch}: ${disk.name} starts again`);
    this.#lead({ disk, epoch, entries, committed });
  }

  #others(disk: Disk, count: number): readonly Disk[] {
    const others = this.#disks.filter((other) => other !== disk);
    while (others.length > count) others.splice(this.#chance.whole(0, others.length - 1), 1);
    return others;
  }

  #promise(asked: readonly Disk[]): Epoch {
    this.#epoch += 1;
    for (const disk of asked) disk.promised = this.#epoch;
    return this.#epoch;
  }

  #lead(start: { disk: Disk; epoch: Epoch; entries: readonly Entry[]; committed: Sequence }): void {
    const { disk, epoch, entries, committed } = start;
    const { applied } = disk;
    // It may die while it flushes its log.
    const dies = this.#chance.happens(0.2);
    for (const entry of entries)
      if (!dies || this.#chance.happens(0.5)) disk.log.set(entry.sequence, entry);
    if (dies) return;
    const [out, store, quorum] = [new LeaderDraft(), storeOf(disk), this.#quorum];
    const backlog = new Backlog(noLog);
    const writes = new Writes({
      applied,
      limits: DEFAULT_LIMITS,
      store,
      backlog,
      out,
      commitAcks: 0,
    });
    const last = applied + entries.length;
    const heard = { quorum, over: quorum };
    const floor = new Floor({
      epoch,
      heard,
      usual: quorum,
      last,
      now: 0,
      rule: { max: Number.POSITIVE_INFINITY, strict: false },
    });
    writes.inherit(entries, { committed, quorum, floorNumber: 0, now: 0 });
    writes.flushed(last);
    const term = { epoch, disk, writes, out, floor };
    this.#terms.push(term);
    this.#follow(term);
  }

  #goOn(term: Term): void {
    const { ledger } = term.writes;
    if (this.#chance.happens(0.45) && ledger.last < lastMax) this.#propose(term);
    else if (this.#chance.happens(0.2)) this.#flush(term);
    else this.#append(term, this.#chance.pick(this.#disks.filter((to) => to !== term.disk)));
    this.#follow(term);
  }

  #propose(term: Term): void {
    const { writes, floor, epoch } = term;
    const length = this.#chance.pick([1, 1, 1, 2]);
    const wished = Array.from({ length }, () => this.#wish(term));
    const operations = this.#chance.happens(0.25) ? [this.#check(term), ...wished] : wished;
    const live = this.#disks.length;
    const turn = { now: 0, epoch, live, usualQuorum: this.#quorum, floor, spread: [] };
    const outcome = writes.accept({ operations, proposedAt: 0, deadlineAt: 0 }, turn);
    if (outcome.type !== "accepted") return;
    this.#trace.push(`epoch ${epoch} proposes ${JSON.stringify(outcome.slot.entry)}`);
    if (this.#chance.happens(0.8)) this.#flush(term);
  }

  #wish(term: Term): WishedOperation {
    const key = this.#chance.pick(keys);
    const version = this.#newest(term, key);
    if (version > 0 && this.#chance.happens(0.35)) return { key };
    this.#values += 1;
    const put = { key, value: String(this.#values) };
    return this.#chance.happens(0.6) ? { ...put, ifVersion: version } : put;
  }

  #check(term: Term): WishedOperation {
    const key = this.#chance.pick(keys);
    return { key, ifVersion: this.#newest(term, key), isCheck: true };
  }

  #newest({ writes, disk }: Term, key: string): Sequence {
    const pending = writes.overlay.newestProposed(key);
    const stored = disk.store.get(key)?.version ?? 0;
    const written = pending?.value === undefined ? 0 : pending.sequence;
    return pending === undefined ? stored : written;
  }

  #flush({ disk, writes }: Term): void {
    const { flushed, last } = writes.ledger;
    for (let at = flushed + 1; at <= last; at += 1) disk.log.set(at, writes.entryAt(at));
    writes.flushed(last);
  }

  /** Some of the leader's log arrives, in no order. */
  #append(term: Term, to: Disk): void {
    const { disk, epoch, writes } = term;
    if (to.promised > epoch) return;
    to.promised = epoch;
    if (to.applied < writes.applied && this.#chance.happens(0.3))
      Object.assign(to, { applied: disk.applied, store: new Map(disk.store) });
    const share = this.#chance.pick([0.3, 0.3, 0.5, 1]);
    const sent: Sequence[] = [];
    for (let at = writes.applied + 1; at <= writes.ledger.last; at += 1)
      if (this.#chance.happens(share)) sent.push(at);
    for (const at of sent) to.log.set(at, writes.entryAt(at));
    this.#trace.push(`epoch ${epoch} to ${to.name}: ${sent.join(" ")}`);
    writes.acknowledged({ node: to.name, at: 0 }, sent);
    this.#follow(term);
    if (this.#chance.happens(0.9)) return;
    while (to.applied < writes.ledger.committed) {
      const next = to.log.get(to.applied + 1);
      if (next?.epoch !== epoch) return;
      this.#apply(to, next);
    }
  }

  /** What has come of the step. */
  #follow({ disk, epoch, writes, out }: Term): void {
    const { settled, storage } = out.take();
    for (const { entry } of settled) {
      const { sequence, origin } = entry;
      this.#trace.push(`epoch ${epoch} settles ${sequence}`);
      if ((this.#settled.get(sequence) ?? entry).origin !== origin)
        this.#break(`entry ${sequence} is settled twice`);
      this.#settled.set(sequence, entry);
    }
    for (const effect of storage)
      if (effect.type === "apply") for (const entry of effect.entries) this.#apply(disk, entry);
    if (this.#chance.happens(0.5)) writes.storeApplied(disk.applied);
  }

  #apply(disk: Disk, { sequence, origin, operations }: Entry): void {
    if (this.#settled.get(sequence)?.origin !== origin)
      this.#break(`${disk.name} applies another entry ${sequence} than was settled`);
    disk.applied = sequence;
    for (const { key, value } of operations)
      if (value === undefined) disk.store.delete(key);
      else disk.store.set(key, { key, value, version: sequence, origin });
  }

  #break(promise: string): void {
    throw new Error([promise, ...this.#trace].join("\n"));
  }
}

const storeOf = (disk: Disk): StoreView => ({
  get: (key) => disk.store.get(key),
  list: () => [],
  copy: () => {
    throw new Error("no store is copied");
  },
});

const contentOf = (operations: Entry["operations"] | undefined): string =>
  JSON.stringify(operations?.map(({ key, value }) => [key, value]));
