/** Everything that writes: batches, received stores and the checkpoints that they make due. */
import type { Storage, StorageBatch, StorageFault } from "../../node/ports.ts";
import { invariant } from "../../replication/invariant.ts";
import type { HardState, SnapshotEnd, StoreRecord } from "../../replication/types.ts";
import type { Change } from "../apply.ts";
import { type Done, SingleWrite } from "../single-write.ts";
import { Checkpointer } from "./checkpointer.ts";
import { explainLogFailure, explainStoreFailure, type WriteFailure } from "./faults.ts";
import { inactive } from "./format/commit-point.ts";
import { IncomingStore } from "./incoming-store.ts";
import { type FrameContent, FrameWriter } from "./log/frame.ts";
import type { LogFiles } from "./log/log-files.ts";
import type { DiskState } from "./state.ts";
import { planWrite } from "./write-plan.ts";

/** Newer changes wait for a running checkpoint, up to this many times `memtableBytesMax`. */
const memtablesMax = 4;

type InstalledEnd = SnapshotEnd & { readonly hardState: HardState };

/** One write at a time; none waits here for another. A fatal fault refuses all later ones. */
export class DiskWriter {
  readonly #directory: string;
  readonly #bounds: { readonly memtableBytesMax: number; readonly replayBytes: number };
  readonly #state: DiskState;
  readonly #files: LogFiles;
  readonly #single = new SingleWrite();
  readonly #frames = new FrameWriter();
  readonly #checkpointer: Checkpointer;
  #incoming: IncomingStore | undefined;
  /** The first fatal fault. */
  #refusal: StorageFault | undefined;

  constructor(parts: {
    directory: string;
    /** When a checkpoint is due; see DiskOptions. */
    bounds: { readonly memtableBytesMax: number; readonly replayBytes: number };
    state: DiskState;
    files: LogFiles;
  }) {
    this.#directory = parts.directory;
    this.#bounds = parts.bounds;
    this.#state = parts.state;
    this.#files = parts.files;
    this.#checkpointer = new Checkpointer({
      state: parts.state,
      files: parts.files,
      directory: parts.directory,
      fatal: (fault) => this.#refuse(fault),
    });
    this.#checkpointIfDue();
  }

  write(batch: StorageBatch, done: Done): void {
    this.#begin((written) => this.#write(batch, written), done);
  }

  readonly incoming: Storage["incoming"] = {
    begin: () => {
      this.#single.mustBeOver();
      this.#incoming = new IncomingStore();
    },
    add: (records, done) => {
      const incoming = this.#begunIncoming();
      this.#begin((added) => this.#add(incoming, records, added), done);
    },
    digest: () => this.#begunIncoming().digest,
    install: (end, done) => {
      const incoming = this.#begunIncoming();
      this.#begin((installed) => this.#install(incoming, end, installed), done);
    },
  };

  /** Resolves once no write is under way and no checkpoint is running. */
  async close(): Promise<void> {
    await this.#single.whenOver();
    await this.#checkpointer.close();
  }

  #begin(write: (done: Done) => void, done: Done): void {
    const refusal = this.#refusal;
    this.#single.begin((ended) => {
      if (refusal === undefined) write(ended);
      else queueMicrotask(() => ended(refusal));
    }, done);
  }

  #begunIncoming(): IncomingStore {
    invariant(this.#incoming !== undefined, "a store is received only after incoming.begin()");
    return this.#incoming;
  }

  #write(batch: StorageBatch, done: Done): void {
    const { commitPoint, index, store } = this.#state;
    const isFull = store.memtableBytes > memtablesMax * this.#bounds.memtableBytesMax;
    if (isFull && this.#checkpointer.isBusy) {
      this.#checkpointer.whenIdle((fault) => (fault ? done(fault) : this.#write(batch, done)));
      return;
    }
    const plan = planWrite({ commitPoint, index, hashOf: (key) => store.hash(key) }, batch);
    if (plan === undefined) queueMicrotask(() => done(undefined));
    else this.#append(plan, done);
  }

  /** The only place where anything becomes durable: a frame, flushed as a whole. */
  #append(plan: { content: FrameContent; changes: readonly Change[] }, done: Done): void {
    const { content, changes } = plan;
    const { commitPoint, installs, hardState } = content;
    const { bytes, places } = this.#frames.write(content, this.#files.salt);
    const size = bytes.length;
    this.#files.append({ number: commitPoint.frame, bytes }, (outcome) => {
      if (outcome.type !== "flushed") return this.#fail(explainLogFailure(outcome), done);
      const { file, at } = outcome;
      const frame = { commitPoint, installs, places, changes, hardState, file, at, bytes: size };
      this.#state.flushed(frame);
      // The checkpoint that follows may clear the store that was replaced.
      if (installs) this.#incoming = undefined;
      this.#checkpointIfDue();
      done(undefined);
    });
  }

  #add(incoming: IncomingStore, records: readonly StoreRecord[], done: Done): void {
    this.#withInactiveStore(done, () => {
      const { environment, commitPoint, inactiveDirty } = this.#state;
      const into = { environment, index: inactive(commitPoint.active), isDirty: inactiveDirty };
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

  #install(incoming: IncomingStore, end: InstalledEnd, done: Done): void {
    // What is left of another store is cleared with the first records, even where there are none.
    if (!incoming.isStarted) {
      const install = (): void => this.#install(incoming, end, done);
      this.#add(incoming, [], (fault) => (fault ? done(fault) : install()));
      return;
    }
    this.#withInactiveStore(done, () => {
      const { frame, active } = this.#state.commitPoint;
      const commitPoint = {
        frame: frame + 1,
        // Its digest is that of the records received, so that a difference to `end` shows.
        standing: incoming.standingAt(end),
        active: inactive(active),
        compactedTo: end.applied,
      };
      const { hardState } = end;
      const content = { commitPoint, installs: true, append: [], applyOnly: [], hardState };
      this.#append({ content, changes: [] }, done);
    });
  }

  /**
   * Calls `run` once no checkpoint is running and the last one has recorded which store is the
   * present one: only then may the other store be written.
   */
  #withInactiveStore(done: Done, run: () => void): void {
    this.#checkpointer.whenIdle((fault) => {
      if (fault !== undefined) return done(fault);
      const { checkpoint, commitPoint } = this.#state;
      if (checkpoint.commitPoint.active === commitPoint.active) return run();
      this.#checkpointer.begin(this.#isReceiving);
      this.#withInactiveStore(done, run);
    });
  }

  get #isReceiving(): boolean {
    return this.#incoming?.isStarted === true;
  }

  #checkpointIfDue(): void {
    const { store, commitPoint, checkpoint, bytesSinceCheckpoint } = this.#state;
    const { memtableBytesMax, replayBytes } = this.#bounds;
    const isDue = store.memtableBytes >= memtableBytesMax || bytesSinceCheckpoint >= replayBytes;
    const isSwitched = commitPoint.active !== checkpoint.commitPoint.active;
    if (isDue || isSwitched) this.#checkpointer.begin(this.#isReceiving);
  }

  #fail({ reason, fatal }: WriteFailure, done: Done): void {
    if (fatal) this.#refuse({ reason });
    done({ reason });
  }

  #refuse(fault: StorageFault): void {
    this.#refusal ??= fault;
  }
}
