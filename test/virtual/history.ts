import type { Storage, StorageFault } from "../../src/node/ports.ts";
import type { Digest, Entry, Marks, NodeId, Sequence } from "../../src/replication/types.ts";

/** A promise of the design was seen broken. */
export class Violation extends Error {
  override readonly name = "Violation";
}

interface Held {
  /** What this node ever made durable: a disk that was lost since has kept its promise. */
  readonly ever: Map<Sequence, string>;
  /** Log entries that are durable on this disk, as content. */
  readonly log: Map<Sequence, string>;
  applied: Sequence;
  promised: number;
}

interface Settled {
  readonly content: string;
  readonly quorum: number;
}

const blank = (): Held => ({ ever: new Map(), log: new Map(), applied: 0, promised: 0 });

const contentOf = (entry: Entry): string =>
  JSON.stringify(entry.operations.map(({ key, value }) => [key, value ?? null]));

/**
 * The one history that all nodes must tell: built from what any disk applies, checked against what
 * every other disk applies and against what writers were told.
 */
export class History {
  /** Content of each sequence that any node has applied. */
  readonly #applied: string[] = [""];
  /** The store's digest after each sequence, as the first node to apply it had it. */
  readonly #digests = new Map<Sequence, Digest>();
  readonly #held = new Map<NodeId, Held>();
  readonly #settled = new Map<Sequence, Settled>();

  get length(): Sequence {
    return this.#applied.length - 1;
  }

  get settledCount(): number {
    return this.#settled.size;
  }

  #of(id: NodeId): Held {
    const known = this.#held.get(id) ?? blank();
    this.#held.set(id, known);
    return known;
  }

  /** Watches a process's storage: whatever it makes durable is held against the history. */
  watch(id: NodeId, storage: Storage): Storage {
    const held = this.#of(id);
    this.#survived(id, held, storage);
    return {
      ...storage,
      write: (batch, done) =>
        storage.write(batch, (fault) => {
          if (fault === undefined) this.#flushed(id, batch, storage);
          done(fault);
        }),
      incoming: {
        ...storage.incoming,
        install: (end, done) =>
          storage.incoming.install(end, (fault: StorageFault | undefined) => {
            if (fault === undefined) this.#installed(id, end);
            done(fault);
          }),
      },
    };
  }

  /** A flush that nobody was told of may have survived the crash. */
  #survived(id: NodeId, held: Held, storage: Storage): void {
    const { applied } = storage.summary();
    held.promised = Math.max(held.promised, storage.marks().promisedEpoch);
    const limit = { entriesMax: Number.MAX_SAFE_INTEGER, bytesMax: Number.MAX_SAFE_INTEGER };
    for (const entry of storage.readLog(held.applied + 1, limit)) {
      held.log.set(entry.sequence, contentOf(entry));
      held.ever.set(entry.sequence, contentOf(entry));
      if (entry.sequence === held.applied + 1 && entry.sequence <= applied)
        this.#apply(id, held, entry);
    }
    held.applied = applied;
  }

  /** The disk was replaced by an empty one. */
  wiped(id: NodeId): void {
    this.#held.set(id, { ...blank(), ever: this.#of(id).ever });
  }

  /** Whether an empty disk in this node would leave something settled or applied nowhere. */
  mayWipe(id: NodeId): boolean {
    const others = [...this.#held].filter(([other]) => other !== id).map(([, held]) => held);
    const safeBelow = Math.max(0, ...others.map(({ applied }) => applied));
    const elsewhere = (sequence: Sequence, content: string) =>
      others.some(({ log }) => log.get(sequence) === content);
    for (let at = safeBelow + 1; at < this.#applied.length; at += 1)
      if (!elsewhere(at, this.#applied[at] ?? "")) return false;
    for (const [at, { content }] of this.#settled)
      if (at > safeBelow && !elsewhere(at, content)) return false;
    return true;
  }

  /** A writer was told that its entry is settled. */
  settled(sequence: Sequence, operations: Entry["operations"], quorum: number): void {
    const content = JSON.stringify(operations.map(({ key, value }) => [key, value ?? null]));
    const known = this.#applied[sequence];
    if (known !== undefined && known !== content)
      throw new Violation(`entry ${sequence} was answered as ${content} but applied as ${known}`);
    this.#settled.set(sequence, { content, quorum });
    const holders = [...this.#held.values()].filter(
      ({ ever, applied }) => applied >= sequence || ever.get(sequence) === content,
    ).length;
    if (holders < quorum + 1)
      throw new Violation(
        `entry ${sequence} was answered with quorum ${quorum} but is durable on ${holders} nodes`,
      );
  }

  /** What a key was worth after a sequence, for the checks of follower reads. */
  at(sequence: Sequence, key: string): { value: string; version: Sequence } | undefined {
    for (let at = Math.min(sequence, this.length); at > 0; at -= 1) {
      const content = JSON.parse(this.#applied[at] ?? "[]") as [string, string | null][];
      const found = content.findLast(([name]) => name === key);
      if (found === undefined) continue;
      return found[1] === null ? undefined : { value: found[1], version: at };
    }
    return undefined;
  }

  /** All is healed and quiet: whatever was answered is in the history. */
  finish(): void {
    for (const [sequence, { content }] of this.#settled)
      if (this.#applied[sequence] !== content)
        throw new Violation(
          `the settled entry ${sequence} ${content} is lost: ${this.#applied[sequence]} instead`,
        );
  }

  #flushed(
    id: NodeId,
    batch: { append: readonly Entry[]; apply: readonly Entry[]; marks?: Marks | undefined },
    storage: Storage,
  ): void {
    const held = this.#of(id);
    if (batch.marks !== undefined) {
      if (batch.marks.promisedEpoch < held.promised)
        throw new Violation(`${id} went back from epoch ${held.promised}`);
      held.promised = batch.marks.promisedEpoch;
    }
    for (const entry of batch.append) {
      if (entry.epoch > held.promised)
        throw new Violation(`${id} logs an entry of epoch ${entry.epoch} it never promised`);
      held.log.set(entry.sequence, contentOf(entry));
      held.ever.set(entry.sequence, contentOf(entry));
    }
    for (const entry of batch.apply) this.#apply(id, held, entry);
    const { applied, digest } = storage.summary();
    if (applied !== held.applied) throw new Violation(`${id} applied ${applied} out of order`);
    this.#compareDigest(id, applied, digest);
  }

  #apply(id: NodeId, held: Held, entry: Entry): void {
    const { sequence } = entry;
    if (sequence !== held.applied + 1)
      throw new Violation(`${id} applied ${sequence} right after ${held.applied}`);
    held.applied = sequence;
    const content = contentOf(entry);
    const known = this.#applied[sequence];
    if (known === undefined) {
      if (sequence !== this.#applied.length)
        throw new Violation(`${id} applied ${sequence} before anybody applied what precedes it`);
      this.#applied.push(content);
      this.#checkAgainstAnswer(id, sequence, content);
    } else if (known !== content)
      throw new Violation(`${id} applied ${content} at ${sequence}, others ${known}`);
  }

  #checkAgainstAnswer(id: NodeId, sequence: Sequence, content: string): void {
    const answered = this.#settled.get(sequence);
    if (answered !== undefined && answered.content !== content)
      throw new Violation(
        `${id} applied ${content} at ${sequence}, whose writer was told ${answered.content}`,
      );
  }

  #installed(id: NodeId, end: { applied: Sequence; digest: Digest; marks: Marks }): void {
    const held = this.#of(id);
    if (end.applied < held.applied)
      throw new Violation(`${id} installed ${end.applied} over ${held.applied}`);
    held.applied = end.applied;
    held.promised = Math.max(held.promised, end.marks.promisedEpoch);
    for (const sequence of held.log.keys()) if (sequence <= end.applied) held.log.delete(sequence);
    this.#compareDigest(id, end.applied, end.digest);
  }

  #compareDigest(id: NodeId, applied: Sequence, digest: Digest): void {
    const known = this.#digests.get(applied);
    if (known === undefined) this.#digests.set(applied, digest);
    else if (known !== digest)
      throw new Violation(`${id} has digest ${digest} at ${applied}, others ${known}`);
  }
}
