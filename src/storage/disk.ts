import type {
  Storage,
  StorageBatch,
  StorageFault,
  StoreCopy,
  StoreSummary,
} from "../node/ports.ts";
import { historyOfRange } from "../replication/history.ts";
import { invariant } from "../replication/invariant.ts";
import type {
  Entry,
  History,
  Marks,
  Sequence,
  SequenceRange,
  SnapshotEnd,
  StoreRecord,
} from "../replication/types.ts";
import type { Change } from "./apply.ts";
import { Checkpointer } from "./checkpointer.ts";
import { toDigest } from "./digest.ts";
import { explainLogFailure, explainStoreFailure, type WriteFailure } from "./disk-faults.ts";
import { type Opened, openDirectory } from "./disk-opening.ts";
import type { DiskState } from "./disk-state.ts";
import { inactive } from "./footing.ts";
import { IncomingStore } from "./incoming-store.ts";
import { type Done, JobQueue } from "./job-queue.ts";
import { type FrameContent, FrameWriter } from "./log/frame.ts";
import { type LogFiles, readPlaces } from "./log/log-files.ts";
import type { Place } from "./log/log-index.ts";
import { planWrite } from "./write-plan.ts";

export { StorageUnusable } from "./disk-opening.ts";

export interface DiskOptions {
  readonly directory: string;
  /** Changes that LMDB does not have yet are carried over when they take this much. */
  readonly layerBytes?: number;
  /** … or when this much was written to the log since, so that a restart has little to read. */
  readonly replayBytes?: number;
  /** A log file with this much in it is followed by another one. */
  readonly logFileBytes?: number;
}

const LAYER_BYTES = 8 * 1024 * 1024;
const REPLAY_BYTES = 32 * 1024 * 1024;
/** Newer changes wait for a checkpoint under way, up to so many times the bytes of a layer. */
const YOUNG_LAYERS_MAX = 4;

/**
 * Storage on disk: each flush is a frame in a log file. The store is LMDB's, brought up to date
 * now and then by a checkpoint, and in memory what no checkpoint has taken up yet. Throws
 * StorageUnusable where the directory is held by another process, unreadable, damaged, or of an
 * unknown format.
 */
export async function openDiskStorage(options: DiskOptions): Promise<Storage> {
  return new DiskStorage(options, await openDirectory(options));
}

class DiskStorage implements Storage {
  readonly #directory: string;
  readonly #bounds: { readonly layerBytes: number; readonly replayBytes: number };
  readonly #state: DiskState;
  readonly #files: LogFiles;
  readonly #unlock: () => void;
  readonly #jobs = new JobQueue();
  readonly #frames = new FrameWriter();
  readonly #checkpointer: Checkpointer;
  readonly #copies = new Set<StoreCopy>();
  #incoming: IncomingStore | undefined;

  constructor(options: DiskOptions, { state, files, unlock }: Opened) {
    const { directory, layerBytes = LAYER_BYTES, replayBytes = REPLAY_BYTES } = options;
    const lasting = (fault: StorageFault): void => this.#jobs.refuseAll(fault);
    this.#directory = directory;
    this.#bounds = { layerBytes, replayBytes };
    this.#state = state;
    this.#files = files;
    this.#unlock = unlock;
    this.#checkpointer = new Checkpointer({ state, files, directory, lasting });
    this.#checkpointIfDue();
  }

  marks(): Marks {
    return this.#state.marks;
  }

  summary(): StoreSummary {
    const { applied, sum, keys, history } = this.#state.footing.standing;
    return { applied, digest: toDigest(sum), keys, history };
  }

  logBounds(): { readonly first: Sequence; readonly last: Sequence } {
    return this.#state.index.bounds;
  }

  logBytes(): number {
    return this.#state.index.bytes;
  }

  readLog(from: Sequence, limit: { entriesMax: number; bytesMax: number }): readonly Entry[] {
    const places: Place[] = [];
    let bytes = 0;
    for (const place of this.#state.index.from(from)) {
      bytes += place.bytes;
      const full = places.length >= limit.entriesMax || bytes > limit.bytesMax;
      if (places.length > 0 && full) break;
      places.push(place);
    }
    return readPlaces(places);
  }

  logHistory(range: SequenceRange): History | undefined {
    return historyOfRange(this.#state.index.from(range.from), range);
  }

  get(key: string): StoreRecord | undefined {
    return this.#state.store.get(key);
  }

  list(query: {
    prefix: string;
    after?: string | undefined;
    limit: number;
  }): readonly StoreRecord[] {
    return this.#state.store.list({ ...query, after: query.after });
  }

  copy(): StoreCopy {
    const { applied, digest, history } = this.summary();
    const [reader, copies] = [this.#state.store.copy(), this.#copies];
    const copy: StoreCopy = {
      applied,
      digest,
      history,
      page(after, bytesMax) {
        invariant(copies.has(copy), "a closed copy of the store is not read");
        return reader.page(after, bytesMax);
      },
      close() {
        if (copies.delete(copy)) reader.close();
      },
    };
    copies.add(copy);
    return copy;
  }

  write(batch: StorageBatch, done: Done): void {
    this.#jobs.add((written) => this.#write(batch, written), done);
  }

  readonly incoming: Storage["incoming"] = {
    begin: () => {
      this.#incoming = new IncomingStore();
    },
    add: (records, done) => {
      const incoming = this.#begun();
      this.#jobs.add((added) => this.#add(incoming, records, added), done);
    },
    install: (end, done) => {
      const incoming = this.#begun();
      this.#jobs.add((installed) => this.#install(incoming, end, installed), done);
    },
  };

  async close(): Promise<void> {
    await this.#jobs.whenIdle();
    await this.#checkpointer.close();
    for (const copy of this.#copies) copy.close();
    this.#files.close();
    await this.#state.close();
    this.#unlock();
  }

  #begun(): IncomingStore {
    invariant(this.#incoming !== undefined, "a store is received after its beginning");
    return this.#incoming;
  }

  #write(batch: StorageBatch, done: Done): void {
    const { footing, index, store } = this.#state;
    const full = store.youngBytes > YOUNG_LAYERS_MAX * this.#bounds.layerBytes;
    if (full && this.#checkpointer.isBusy) {
      this.#checkpointer.afterwards((fault) => (fault ? done(fault) : this.#write(batch, done)));
      return;
    }
    const plan = planWrite({ footing, index, hashOf: (key) => store.hash(key) }, batch);
    if (plan === undefined) queueMicrotask(() => done(undefined));
    else this.#append(plan, done);
  }

  /** Everything that becomes durable does so here: as a frame, flushed as a whole. */
  #append(plan: { content: FrameContent; changes: readonly Change[] }, done: Done): void {
    const { content, changes } = plan;
    const { footing, installs, marks } = content;
    const { bytes, places } = this.#frames.write(content, this.#files.salt);
    this.#files.append({ number: footing.frame, bytes }, (outcome) => {
      if ("is" in outcome) return this.#fail(explainLogFailure(outcome), done);
      const { file, at } = outcome;
      const size = bytes.length;
      this.#state.step({ footing, installs, places, changes, marks, file, at, bytes: size });
      // The checkpoint after it may clear the store that was replaced.
      if (installs) this.#incoming = undefined;
      this.#checkpointIfDue();
      done(undefined);
    });
  }

  #add(incoming: IncomingStore, records: readonly StoreRecord[], done: Done): void {
    if (incoming !== this.#incoming) {
      // Another one was begun meanwhile.
      queueMicrotask(() => done(undefined));
      return;
    }
    this.#withOtherStore(done, () => {
      const { environment, footing, inactiveDirty } = this.#state;
      const into = { environment, index: inactive(footing.active), isDirty: inactiveDirty };
      incoming.add(records, into).then(
        () => {
          this.#state.inactiveDirty = true;
          done(undefined);
        },
        async (error: unknown) =>
          this.#fail(await explainStoreFailure(error, this.#directory), done),
      );
    });
  }

  #install(
    incoming: IncomingStore,
    end: SnapshotEnd & { readonly marks: Marks },
    done: Done,
  ): void {
    // What is left of another one goes with the first records, if there are any.
    if (!incoming.isStarted) {
      const install = (): void => this.#install(incoming, end, done);
      this.#add(incoming, [], (fault) => (fault ? done(fault) : install()));
      return;
    }
    this.#withOtherStore(done, () => {
      const { frame, active } = this.#state.footing;
      const footing = {
        frame: frame + 1,
        // The digest is that of the records that did arrive, so that a difference shows.
        standing: incoming.standingAt(end),
        active: inactive(active),
        forgotten: end.applied,
      };
      const { marks } = end;
      const content = { footing, installs: true, append: [], applyOnly: [], marks };
      this.#append({ content, changes: [] }, done);
    });
  }

  /** Runs once no checkpoint is under way, and the last one knows which store is the present one. */
  #withOtherStore(done: Done, run: () => void): void {
    this.#checkpointer.afterwards((fault) => {
      if (fault !== undefined) return done(fault);
      const { checkpoint, footing } = this.#state;
      if (checkpoint.footing.active === footing.active) return run();
      this.#checkpointer.begin(this.#isReceiving);
      this.#withOtherStore(done, run);
    });
  }

  get #isReceiving(): boolean {
    return this.#incoming?.isStarted === true;
  }

  #checkpointIfDue(): void {
    const { store, footing, checkpoint, bytesSinceCheckpoint } = this.#state;
    const { layerBytes, replayBytes } = this.#bounds;
    const due = store.youngBytes >= layerBytes || bytesSinceCheckpoint >= replayBytes;
    const switched = footing.active !== checkpoint.footing.active;
    if (due || switched) this.#checkpointer.begin(this.#isReceiving);
  }

  #fail({ reason, lasting }: WriteFailure, done: Done): void {
    if (lasting) this.#jobs.refuseAll({ reason });
    done({ reason });
  }
}
