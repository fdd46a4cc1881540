import { Buffer } from "node:buffer";
import type {
  Storage,
  StorageBatch,
  StorageFault,
  StoreCopy,
  StoreSummary,
} from "../node/ports.ts";
import { invariant } from "../replication/invariant.ts";
import {
  BLANK_MARKS,
  type Entry,
  type Marks,
  type Sequence,
  type StoreRecord,
} from "../replication/types.ts";
import { toDigest } from "./digest.ts";
import { Arena, EMPTY_FOOTING, type Footing, readFooting, writeFooting } from "./lmdb-codec.ts";
import type { Environment, Table } from "./lmdb-environment.ts";
import { explainFailure } from "./lmdb-faults.ts";
import { type Opened, openDirectory } from "./lmdb-opening.ts";
import {
  type Ground,
  type Incoming,
  inactive,
  type Plan,
  planAdd,
  planInstall,
  planWrite,
} from "./lmdb-plans.ts";
import { View } from "./lmdb-view.ts";

export { StorageUnusable } from "./lmdb-opening.ts";

type Done = (fault: StorageFault | undefined) => void;

interface Job {
  /** Undefined: nothing is left to do. */
  readonly plan: (ground: Ground) => Plan | undefined;
  readonly flushed?: () => void;
  readonly done: Done;
}

/**
 * Storage in one LMDB environment: log, two stores of which one is the present one, and marks.
 * Every write is one transaction, and flushed before `done`. Throws StorageUnusable where the
 * directory is held by another process, unreadable, damaged, or of an unknown format.
 */
export async function openLmdbStorage(options: { directory: string }): Promise<Storage> {
  const opened = await openDirectory(options.directory);
  return new LmdbStorage(options.directory, opened);
}

class LmdbStorage implements Storage {
  readonly #directory: string;
  readonly #environment: Environment;
  readonly #unlock: () => void;
  readonly #arena = new Arena();
  readonly #copies = new Set<StoreCopy>();
  /** Everything as of the last flushed transaction. Invariant: the fields below are read off it. */
  #view: View;
  #footing: Footing;
  #store: Table<string>;
  #marks: Marks;
  #bounds: { readonly first: Sequence; readonly last: Sequence };
  #inactiveDirty: boolean;
  #rubbish = true;
  #incoming: Incoming | undefined;
  /** Oldest first. Invariant: the oldest one is under way exactly while #flushing. */
  #jobs: Job[] = [];
  #flushing = false;
  #idle: (() => void) | undefined;
  /** Why nothing may be written any more. */
  #lastingFault: StorageFault | undefined;

  constructor(directory: string, opened: Opened) {
    this.#directory = directory;
    this.#environment = opened.environment;
    this.#unlock = opened.unlock;
    const view = new View(opened.environment);
    const footing = view.meta("footing");
    const marks = view.meta("marks");
    this.#view = view;
    this.#footing = footing ? readFooting(footing) : EMPTY_FOOTING;
    this.#store = opened.environment.stores[this.#footing.active];
    this.#marks = marks ? (JSON.parse(marks.toString("utf8")) as Marks) : BLANK_MARKS;
    this.#bounds = view.logBounds(this.#footing.forgotten);
    this.#inactiveDirty = !view.isEmpty(opened.environment.stores[inactive(this.#footing.active)]);
  }

  marks(): Marks {
    return this.#marks;
  }

  summary(): StoreSummary {
    const { applied, sum, keys } = this.#footing.standing;
    return { applied, digest: toDigest(sum), keys };
  }

  logBounds(): { readonly first: Sequence; readonly last: Sequence } {
    return this.#bounds;
  }

  readLog(from: Sequence, limit: { entriesMax: number; bytesMax: number }): readonly Entry[] {
    return this.#view.readLog(Math.max(from, this.#footing.forgotten + 1), limit);
  }

  get(key: string): StoreRecord | undefined {
    return this.#view.get(this.#store, key);
  }

  list(query: {
    prefix: string;
    after?: string | undefined;
    limit: number;
  }): readonly StoreRecord[] {
    return this.#view.list(this.#store, query);
  }

  copy(): StoreCopy {
    const { applied, digest } = this.summary();
    const [view, store, copies] = [this.#view, this.#store, this.#copies];
    view.hold();
    const copy: StoreCopy = {
      applied,
      digest,
      page(after, bytesMax) {
        invariant(copies.has(copy), "a closed copy of the store is not read");
        return view.page(store, after, bytesMax);
      },
      close() {
        if (copies.delete(copy)) view.release();
      },
    };
    copies.add(copy);
    return copy;
  }

  write(batch: StorageBatch, done: Done): void {
    this.#enqueue({ plan: (ground) => planWrite(ground, batch), done });
  }

  readonly incoming: Storage["incoming"] = {
    begin: () => {
      this.#incoming = { sum: 0n, keys: 0, started: false };
    },
    add: (records, done) => {
      const incoming = this.#begun();
      let after = incoming;
      this.#enqueue({
        plan: (ground) => {
          if (incoming !== this.#incoming) return undefined;
          const planned = planAdd(ground, incoming, records);
          after = planned.after;
          return planned.plan;
        },
        flushed: () => Object.assign(incoming, after),
        done,
      });
    },
    install: (end, done) => {
      const incoming = this.#begun();
      this.#enqueue({
        plan: (ground) => planInstall(ground, incoming, end),
        flushed: () => {
          this.#incoming = undefined;
        },
        done,
      });
    },
  };

  async close(): Promise<void> {
    if (this.#flushing) await new Promise<void>((resolve) => (this.#idle = resolve));
    for (const copy of this.#copies) copy.close();
    this.#view.release();
    await this.#environment.close();
    this.#unlock();
  }

  #begun(): Incoming {
    invariant(this.#incoming !== undefined, "a store is received after its beginning");
    return this.#incoming;
  }

  #enqueue(job: Job): void {
    this.#jobs.push(job);
    if (!this.#flushing) this.#flushNext();
  }

  #flushNext(): void {
    const job = this.#jobs[0];
    this.#flushing = job !== undefined;
    if (!job) return;
    if (this.#lastingFault) {
      const fault = this.#lastingFault;
      queueMicrotask(() => this.#finish(job, fault));
      return;
    }
    const plan = this.#plan(job);
    if (!plan) {
      queueMicrotask(() => this.#finish(job, undefined));
      return;
    }
    this.#commit(plan).then(
      () => {
        this.#stepTo(plan);
        job.flushed?.();
        this.#finish(job, undefined);
      },
      (error: unknown) => this.#fail(job, error),
    );
  }

  #plan(job: Job): Plan | undefined {
    this.#arena.reset();
    try {
      return job.plan(this.#ground());
    } catch (error) {
      // A broken promise stops the node; whoever closes this storage then need not wait for it.
      this.#jobs.shift();
      this.#flushing = false;
      throw error;
    }
  }

  #finish(job: Job, fault: StorageFault | undefined): void {
    this.#jobs.shift();
    this.#flushing = false;
    const { done } = job;
    // The next one may be given to us by `done`; it must find this one over.
    if (this.#jobs.length > 0) this.#flushNext();
    done(fault);
    if (!this.#flushing) this.#idle?.();
  }

  #ground(): Ground {
    return {
      environment: this.#environment,
      view: this.#view,
      arena: this.#arena,
      footing: this.#footing,
      lastSequence: this.#bounds.last,
      inactiveDirty: this.#inactiveDirty,
      rubbish: this.#rubbish,
      receiving: this.#incoming !== undefined,
    };
  }

  #commit(plan: Plan): Promise<unknown> {
    const { meta } = this.#environment;
    const footing = writeFooting(plan.footing);
    const marks = plan.marks && Buffer.from(JSON.stringify(plan.marks));
    return this.#environment.commit(() => {
      for (const instruct of plan.instructions) instruct();
      if (marks) void meta.put("marks", marks);
      void meta.put("footing", footing);
    });
  }

  /** The transaction is flushed: reads see it from here on. */
  #stepTo(plan: Plan): void {
    this.#view.release();
    this.#view = new View(this.#environment);
    this.#footing = plan.footing;
    this.#store = this.#environment.stores[plan.footing.active];
    this.#marks = plan.marks ?? this.#marks;
    this.#bounds = this.#boundsAfter(plan);
    this.#inactiveDirty = plan.inactiveDirty;
    this.#rubbish = plan.rubbish;
  }

  /** Looks on disk only where the lowest entry may be another one than before. */
  #boundsAfter({ appended, footing }: Plan): { readonly first: Sequence; readonly last: Sequence } {
    let { first, last } = this.#bounds;
    for (const sequence of appended) {
      if (sequence < first) first = sequence;
      if (sequence > last) last = sequence;
    }
    const known = this.#bounds.first > 0 && first > footing.forgotten;
    return known ? { first, last } : this.#view.logBounds(footing.forgotten);
  }

  async #fail(job: Job, error: unknown): Promise<void> {
    const { reason, lasting } = await explainFailure(error, this.#directory);
    if (lasting) this.#lastingFault = { reason };
    this.#finish(job, { reason });
  }
}
