/** The disk of a node on a bench. */
import type { SealedStore, StorageEffect } from "../../../src/replication/effects.ts";
import type { Limits } from "../../../src/replication/limits.ts";
import type { Entry, HardState, Sequence, SequenceRange } from "../../../src/replication/types.ts";
import { MemoryState } from "../../../src/storage/memory/state.ts";

/** How the rules on a bench learn of what their disk has done. */
interface Reports<Flush> {
  readonly sealed: (store: SealedStore) => void;
  readonly persisted: (flush: Flush) => void;
  readonly applied: (state: MemoryState["summary"]) => void;
}

/** Node state that a bench's rules look at and its effects change. */
export class Disk {
  readonly state = new MemoryState();
  held = false;
  #waiting: (() => void)[] = [];

  get log() {
    const { state } = this;
    return {
      first: () => state.logBounds.first,
      read: (from: Sequence, limit: { entriesMax: number; bytesMax: number }) =>
        state.readLog(from, limit),
      history: (range: SequenceRange) => state.logHistory(range),
    };
  }

  get store() {
    const { state } = this;
    return {
      get: (key: string) => state.table.get(key),
      list: (query: Parameters<typeof state.table.list>[0]) => state.table.list(query),
      copy: () => state.copy(),
    };
  }

  /** Takes what a step stores, to be carried out by `flush`. */
  queue<Flush>(effects: readonly StorageEffect<Flush>[], reports: Reports<Flush>): void {
    for (const effect of effects) this.#waiting.push(() => this.#carryOut(effect, reports));
  }

  #carryOut<Flush>(effect: StorageEffect<Flush>, reports: Reports<Flush>): void {
    const { state } = this;
    switch (effect.type) {
      case "persist":
        state.commit({ append: effect.entries, apply: [], hardState: effect.hardState });
        reports.persisted(effect.flush);
        return;
      case "apply":
        state.commit({ append: [], apply: effect.entries });
        reports.applied(state.summary);
        return;
      case "beginStore":
        state.begin();
        return;
      case "addRecords":
        state.add(state.incoming(), effect.records);
        reports.persisted(effect.flush);
        return;
      case "sealStore":
        reports.sealed({ ...effect.sealed, digest: state.incomingDigest });
        return;
      case "installStore":
        state.install(state.incoming(), { ...effect.end, hardState: effect.hardState });
        reports.persisted(effect.flush);
        return;
    }
  }

  /** The step is over: carries out what waits, unless the disk is held. */
  flush(): void {
    if (!this.held) this.release();
  }

  /** Carries out the first that waited; the rest stays held. */
  releaseOne(): void {
    this.#waiting.shift()?.();
  }

  /** Carries out what waited, in order. */
  release(): void {
    this.held = false;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) next();
  }
}

/** What a disk held before the node on the bench started. */
export interface Before {
  readonly hardState?: Partial<HardState>;
  readonly log?: readonly Entry[];
  /** Of the log, how much is applied. */
  readonly applied?: Sequence;
  readonly limits?: Partial<Limits>;
}

/** A disk that holds it. */
export function diskOf(before: Before): Disk {
  const disk = new Disk();
  const { log = [], applied = 0 } = before;
  const apply = log.filter(({ sequence }) => sequence <= applied);
  const hardState = { ...disk.state.hardState, ...before.hardState };
  disk.state.commit({ append: log, apply, hardState });
  return disk;
}
