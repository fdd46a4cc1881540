import type { Storage, StorageFault } from "../../node/ports.ts";
import { isHidden } from "../../replication/hidden-keys.ts";
import type {
  Entry,
  HardState,
  NodeId,
  Operation,
  Sequence,
  SnapshotEnd,
} from "../../replication/types.ts";
import type { Coverage } from "./coverage.ts";
import { type Held, Holdings, hold } from "./holdings.ts";
import { conditionsOf } from "./kept.ts";
import { type Known, KnownEntries } from "./known.ts";
import { Reliance } from "./reliance.ts";
import { Violation } from "./violation.ts";

/** What an entry does for clients, as text that two entries share only if they do the same. */
export function contentOf(operations: readonly Operation[]): string {
  const shown = operations.filter(({ key }) => !isHidden(key));
  return shown.length === 0
    ? noOp
    : JSON.stringify(shown.map(({ key, value }) => [key, value ?? null]));
}

const noOp = "[]";

interface Applied {
  readonly operations: readonly Operation[];
  readonly content: string;
  /** The epoch that first proposed it. */
  readonly origin: number;
}

const everything = {
  entriesMax: Number.MAX_SAFE_INTEGER,
  bytesMax: Number.MAX_SAFE_INTEGER,
};

/**
 * The one history that all nodes must tell: built from what any disk applies, checked against what
 * every other disk applies and against what writers were told.
 */
export class History {
  readonly #coverage: Coverage;
  /** What any node has applied at each sequence; the first one stands for nothing. */
  readonly #applied: Applied[] = [{ operations: [], content: noOp, origin: 0 }];
  /** The store after each sequence, as the first node to apply it had it. */
  readonly #stores = new Map<Sequence, Pick<SnapshotEnd, "digest" | "history">>();
  readonly #known = new KnownEntries();
  readonly holdings = new Holdings();
  /** Versions that an answer of unknown outcome named, while the leader that named them is the same. */
  readonly #named = new Map<Sequence, string>();
  readonly reliance: Reliance;
  /** Contents that were durable anywhere and are not no-ops, by sequence. */
  readonly #durable = new Map<Sequence, Set<string>>();
  /** Conditional entries that some follower showed to a recovery. */
  readonly #offered = new Set<string>();

  constructor(coverage: Coverage, now: () => number) {
    this.#coverage = coverage;
    this.reliance = new Reliance(now);
  }

  get length(): Sequence {
    return this.#applied.length - 1;
  }

  /** Operations of clients that are applied at a sequence; undefined: nobody has applied it yet. */
  operations(sequence: Sequence): readonly Operation[] | undefined {
    return this.#applied[sequence]?.operations.filter(({ key }) => !isHidden(key));
  }

  /** Calls this with every operation on a hidden key, when the first node applies it. */
  hiddenApplied: (operation: Operation) => void = () => {};

  /** Somebody saw this entry take effect: it may never vanish again. */
  isKnown(sequence: Sequence): boolean {
    return this.#known.get(sequence) !== undefined;
  }

  /** Everything that may never vanish again, above a mark. */
  known(above: Sequence): IterableIterator<[Sequence, Known]> {
    return this.#known.above(above);
  }

  /**
   * The design admits that this entry, and so all after it, is lost by what happens next: another
   * history may go on from before it. A store that has it is no prefix any more.
   */
  admitLoss(from: Sequence): void {
    this.admitted += 1;
    this.#known.forgetFrom(from);
    for (const at of this.#stores.keys()) if (at >= from) this.#stores.delete(at);
    this.#applied.length = Math.min(this.#applied.length, from);
    this.holdings.goAstrayFrom(from);
  }

  /** How often losses were admitted so far. */
  admitted = 0;

  /** Enough followers know the low floor that entries were settled by: nothing excuses them now. */
  floorRestored(): void {
    this.#known.floorRestored();
  }

  /** Watches a process's storage: whatever it makes durable is checked against the history. */
  watch(id: NodeId, storage: Storage): Storage {
    this.#survived(id, storage);
    const refused = (fault: StorageFault | undefined) => {
      if (fault !== undefined) this.#coverage.met("flush refused by a full disk");
      return fault !== undefined;
    };
    return {
      ...storage,
      write: (batch, done) =>
        storage.write(batch, (fault) => {
          if (!refused(fault)) this.#flushed(id, batch, storage);
          done(fault);
        }),
      incoming: {
        ...storage.incoming,
        install: (end, done) =>
          storage.incoming.install(end, (fault) => {
            if (!refused(fault)) this.#installed(id, end);
            done(fault);
          }),
      },
    };
  }

  /** A flush that nobody was told of may have survived the crash. */
  #survived(id: NodeId, storage: Storage): void {
    const held = this.holdings.of(id);
    const { applied } = storage.summary();
    this.#noteHardState(id, held, storage.hardState());
    for (const entry of storage.readLog(held.applied + 1, everything)) {
      const content = this.#durably(entry);
      if (held.ever.get(entry.sequence) !== content)
        this.#coverage.met("flush survived a crash untold");
      hold(held, entry.sequence, content);
      if (entry.sequence === held.applied + 1 && entry.sequence <= applied)
        this.#apply(id, held, entry);
    }
    held.applied = applied;
  }

  /** The process died. */
  crashed(id: NodeId): void {
    const held = this.holdings.of(id);
    if (held.recovering) this.#coverage.met("recovery interrupted by a crash");
    held.recovering = false;
  }

  /** The disk was replaced by an empty one. */
  wiped(id: NodeId): void {
    this.holdings.wiped(id);
    this.#forgetNoOps();
  }

  /** A no-op that no disk shows any more may be filled in again, by another leader. */
  #forgetNoOps(): void {
    const shown = this.holdings.appliedMax;
    const first = this.#applied.findIndex(({ content }, at) => at > shown && content === noOp);
    if (first < 0) return;
    for (const mark of [...this.#stores.keys()]) if (mark >= first) this.#stores.delete(mark);
  }

  /** A follower showed these entries to a recovery. */
  offered(entries: readonly Entry[]): void {
    for (const entry of entries)
      if (conditionsOf(entry).some(({ condition }) => condition.version > 0))
        this.#offered.add(`${entry.sequence} ${contentOf(entry.operations)}`);
  }

  /** A writer was told that its entry is settled, with acks of these nodes besides the leader. */
  settled(told: {
    sequence: Sequence;
    operations: readonly Operation[];
    quorum: number;
    acks: readonly NodeId[];
    leader: NodeId;
  }): void {
    const { sequence, operations, quorum, acks, leader } = told;
    const content = contentOf(operations);
    const applied = this.#applied[sequence]?.content;
    if (applied !== undefined && applied !== content)
      throw new Violation(`entry ${sequence} was answered as ${content} but applied as ${applied}`);
    this.#mustBeAsNamed(sequence, content);
    const degraded = this.reliance.isDegraded;
    const seen = this.#known.get(sequence) ?? { operations };
    this.#known.add(sequence, { ...seen, content, quorum, degraded });
    if (new Set(acks).size !== acks.length || acks.includes(leader) || acks.length < quorum)
      throw new Violation(`entry ${sequence} was answered with acks [${acks}], quorum ${quorum}`);
    this.holdings.mustHold([leader, ...acks], sequence, content);
  }

  /** A writer was told again what became of a write that is settled. */
  repeated(told: { sequence: Sequence; content: string; holders: readonly NodeId[] }): void {
    const { sequence, content, holders } = told;
    const applied = this.#applied[sequence]?.content;
    if (applied !== undefined && applied !== content)
      throw new Violation(`a repeat of ${content} was answered with entry ${sequence} ${applied}`);
    this.#mustBeAsNamed(sequence, content);
    this.holdings.mustHold(holders, sequence, content);
  }

  /** Somebody saw this entry, or what rests on it, though no writer was told: it must not vanish. */
  seen({ sequence, operations, requires }: Entry): void {
    if (this.#known.get(sequence) !== undefined) return;
    const content = contentOf(operations);
    this.#known.add(sequence, { content, operations, requires, ...this.reliance.least(content) });
  }

  /** A writer was told that its outcome is unknown, and a version that it may have. */
  named(sequence: Sequence, content: string): void {
    this.#mustBeAsNamed(sequence, content);
    this.#named.set(sequence, content);
  }

  /** Another leader, or one that lost its disk, cannot know which versions were named. */
  forgetNamed(): void {
    this.#named.clear();
  }

  #mustBeAsNamed(sequence: Sequence, content: string): void {
    const named = this.#named.get(sequence);
    if (named === undefined || named === content || content === noOp) return;
    throw new Violation(
      `version ${sequence} was named to the writer of ${named}, and is now that of ${content}`,
    );
  }

  /** What a key was worth after a sequence, for the checks of follower reads. */
  at(
    sequence: Sequence,
    key: string,
  ): { value: string; version: Sequence; origin: number } | undefined {
    for (let at = Math.min(sequence, this.length); at > 0; at -= 1) {
      const { operations = [], origin = 0 } = this.#applied[at] ?? {};
      const found = operations.findLast((operation) => operation.key === key);
      if (found === undefined) continue;
      return found.value === undefined ? undefined : { value: found.value, version: at, origin };
    }
    return undefined;
  }

  /** All is healed and quiet: whatever was answered is in the history. */
  finish(): void {
    for (const [sequence, { content }] of this.#known.all())
      if (this.#applied[sequence]?.content !== content)
        throw new Violation(
          `the settled entry ${sequence} ${content} is lost: ${this.#applied[sequence]?.content} instead`,
        );
  }

  #flushed(
    id: NodeId,
    batch: Parameters<Storage["write"]>[0],
    storage: Pick<Storage, "summary">,
  ): void {
    const held = this.holdings.of(id);
    if (batch.compactTo !== undefined) this.#coverage.met("log compacted");
    if (batch.hardState !== undefined) this.#noteHardState(id, held, batch.hardState);
    for (const entry of batch.append) {
      if (entry.epoch > held.promised)
        throw new Violation(`${id} logs an entry of epoch ${entry.epoch} it never promised`);
      hold(held, entry.sequence, this.#durably(entry));
    }
    for (const entry of batch.apply) this.#apply(id, held, entry);
    if (held.isAstray) return;
    const store = storage.summary();
    const { applied } = store;
    if (applied !== held.applied) throw new Violation(`${id} applied ${applied} out of order`);
    this.#compareStores(id, store);
  }

  #durably({ sequence, operations }: Entry): string {
    const content = contentOf(operations);
    if (content === noOp) return content;
    const known = this.#durable.get(sequence);
    if (known === undefined) this.#durable.set(sequence, new Set([content]));
    else known.add(content);
    return content;
  }

  #noteHardState(id: NodeId, held: Held, hardState: HardState): void {
    const { promisedEpoch, promisedLeader, ledEpoch } = hardState;
    if (promisedEpoch < held.promised)
      throw new Violation(`${id} went back from epoch ${held.promised} to ${promisedEpoch}`);
    const leads = promisedLeader === id;
    const raised = promisedEpoch > held.promised;
    if (leads && raised && ledEpoch !== promisedEpoch) {
      held.recovering = this.length > 0;
      if (held.recovering) this.#coverage.met("recovery of data begun");
    }
    if (leads && ledEpoch === promisedEpoch && ledEpoch > held.ledIn) {
      if (held.recovering) this.#coverage.met("recovery of data done");
      else if (this.length > 0) this.#coverage.met("leading begun with an intact log");
      held.recovering = false;
    }
    if (!leads) held.recovering = false;
    held.ledIn = ledEpoch;
    held.promised = promisedEpoch;
  }

  #apply(id: NodeId, held: Held, entry: Entry): void {
    const { sequence } = entry;
    if (held.isAstray)
      throw new Violation(`${id} applied ${sequence} to a store that the history lacks`);
    if (sequence !== held.applied + 1)
      throw new Violation(`${id} applied ${sequence} right after ${held.applied}`);
    held.applied = sequence;
    const content = contentOf(entry.operations);
    const known = this.#applied[sequence]?.content;
    if (known === undefined) this.#firstApplied(id, entry, content);
    else if (known !== content)
      throw new Violation(`${id} applied ${content} at ${sequence}, others ${known}`);
  }

  #firstApplied(id: NodeId, entry: Entry, content: string): void {
    const { sequence, operations, requires, origin } = entry;
    if (sequence !== this.#applied.length)
      throw new Violation(`${id} applied ${sequence} before anybody applied what precedes it`);
    this.#applied.push({ operations, content, origin });
    const answered = this.#known.get(sequence);
    if (answered !== undefined && answered.content !== content)
      throw new Violation(
        `${id} applied ${content} at ${sequence}, whose writer was told ${answered.content}`,
      );
    this.#mustBeAsNamed(sequence, content);
    this.#conditionsHeld(entry);
    for (const operation of operations)
      if (isHidden(operation.key)) this.#hidden(sequence, operation);
    if (answered === undefined)
      this.#known.add(sequence, {
        ...{ content, operations, requires },
        ...this.reliance.least(content),
      });
    if (content !== noOp) return;
    this.#coverage.met("hole or dropped entry became a no-op");
    for (const dropped of this.#durable.get(sequence) ?? []) {
      this.#coverage.met("entry dropped by a recovery");
      if (this.#offered.has(`${sequence} ${dropped}`))
        this.#coverage.met("conditional entry dropped by a recovery");
    }
  }

  /** No write with an idempotency key takes effect twice while it is remembered. */
  #hidden(sequence: Sequence, operation: Operation): void {
    const { key, value } = operation;
    if (value !== undefined && this.at(sequence - 1, key) !== undefined)
      throw new Violation(`entry ${sequence} repeats the write that ${key} remembers`);
    this.hiddenApplied(operation);
  }

  /** Whatever a writer made its write conditional on was there when it took effect. */
  #conditionsHeld(entry: Entry): void {
    const { sequence } = entry;
    if (entry.requires !== undefined) this.#coverage.met("entry with a check applied");
    for (const { key, condition } of conditionsOf(entry)) {
      const { version = 0, origin = 0 } = this.at(sequence - 1, key) ?? {};
      if (version !== condition.version || origin !== condition.origin)
        throw new Violation(
          `entry ${sequence} needs ${key} at version ${condition.version} of epoch ` +
            `${condition.origin}, it is at ${version} of epoch ${origin}`,
        );
    }
  }

  #installed(id: NodeId, end: SnapshotEnd & { readonly hardState: HardState }): void {
    const held = this.holdings.of(id);
    this.#coverage.met("snapshot installed");
    if (end.applied < held.applied && !held.isAstray)
      throw new Violation(`${id} installed ${end.applied} over ${held.applied}`);
    held.isAstray = false;
    held.applied = end.applied;
    this.#noteHardState(id, held, end.hardState);
    this.#compareStores(id, end);
  }

  #compareStores(id: NodeId, { applied, digest, history }: SnapshotEnd): void {
    const known = this.#stores.get(applied);
    if (known === undefined) this.#stores.set(applied, { digest, history });
    else if (known.digest !== digest)
      throw new Violation(`${id} has digest ${digest} at ${applied}, others ${known.digest}`);
    else if (known.history !== history)
      throw new Violation(`${id} has history ${history} at ${applied}, others ${known.history}`);
  }
}
