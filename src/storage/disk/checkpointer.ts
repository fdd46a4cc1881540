/**
 * Checkpoints: they bring LMDB's store up to date, so that a restart has little of the log to read
 * again and old log files can be removed.
 */
import { Buffer } from "node:buffer";
import { setImmediate as turn } from "node:timers/promises";
import type { StorageFault } from "../../node/ports.ts";
import type { HardState } from "../../replication/types.ts";
import type { Change } from "../apply.ts";
import { explainStoreFailure } from "./faults.ts";
import { type Checkpoint, inactive } from "./format/commit-point.ts";
import { writeHardState } from "./format/hard-state.ts";
import { Arena, writeCheckpoint } from "./lmdb/codec.ts";
import { type Database, metaKeys } from "./lmdb/environment.ts";
import type { TransactionSize } from "./lmdb/preallocation.ts";
import type { LogFiles } from "./log/log-files.ts";
import type { Memtable } from "./memtable.ts";
import type { DiskState } from "./state.ts";

/** Approximate size of a transaction: a larger one would hold up the event loop. */
const chunkBytes = 256 * 1024;
const retryDelayMs = 500;

type Instruction = () => unknown;

/** One checkpoint, fixed when it begins. */
interface Work {
  readonly memtable: Memtable;
  readonly checkpoint: Checkpoint;
  readonly hardState: HardState;
  /** Also clear the store that is not the present one. */
  readonly clearsInactive: boolean;
}

/**
 * Writes a memtable to LMDB in several transactions, each of them flushed. The last transaction
 * records the checkpoint. A restart before that begins at the checkpoint before, and finds some of
 * the newer records in LMDB already. It writes all of them again, so this has no effect.
 */
export class Checkpointer {
  readonly #state: DiskState;
  readonly #files: LogFiles;
  readonly #directory: string;
  readonly #arena = new Arena();
  /** Begun and not finished. A failed attempt is repeated unchanged. */
  #work: Work | undefined;
  #running: Promise<StorageFault | undefined> | undefined;
  /** Of the last attempt, until the next one succeeds. */
  #fault: StorageFault | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #fatal: (fault: StorageFault) => void;

  constructor(parts: {
    state: DiskState;
    files: LogFiles;
    directory: string;
    /** Called where LMDB must not be written any more. */
    fatal: (fault: StorageFault) => void;
  }) {
    this.#state = parts.state;
    this.#files = parts.files;
    this.#directory = parts.directory;
    this.#fatal = parts.fatal;
  }

  /** A checkpoint is running, or waits for its next attempt. */
  get isBusy(): boolean {
    return this.#work !== undefined;
  }

  /**
   * Begins a checkpoint unless one is busy. While a store is being received (`isReceiving`), the
   * store that is not the present one is left alone.
   */
  begin(isReceiving: boolean): void {
    if (this.#work !== undefined || this.#closed) return;
    const state = this.#state;
    const { commitPoint, hardState } = state;
    const oldestFile =
      this.#files.oldestNeeded(
        ({ last, newest }) =>
          last > commitPoint.frame ||
          newest > Math.min(commitPoint.compactedTo, commitPoint.standing.applied),
      ) ?? commitPoint.frame + 1;
    const memtable = state.store.makeImmutable();
    const clearsInactive = state.inactiveDirty && !isReceiving;
    this.#work = { memtable, checkpoint: { commitPoint, oldestFile }, hardState, clearsInactive };
    state.beginCheckpoint();
    this.#attempt(this.#work);
  }

  /**
   * Calls `run` once no attempt is running: with the fault of the last attempt where another one
   * is to come, and with undefined where no checkpoint is busy.
   */
  whenIdle(run: (fault: StorageFault | undefined) => void): void {
    const running = this.#running ?? Promise.resolve(this.#fault);
    void running.then(run);
  }

  /** Waits for the running attempt and begins no other. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#running;
  }

  #attempt(work: Work): void {
    this.#running = this.#write(work).then(
      () => this.#finished(work),
      (error: unknown) => this.#failed(work, error),
    );
  }

  #finished({ memtable, checkpoint, clearsInactive }: Work): undefined {
    const state = this.#state;
    state.checkpoint = checkpoint;
    if (clearsInactive) state.inactiveDirty = false;
    state.store.checkpointed(memtable, true);
    [this.#work, this.#running, this.#fault] = [undefined, undefined, undefined];
    this.#files.dropBefore(checkpoint.oldestFile);
  }

  async #failed(work: Work, error: unknown): Promise<StorageFault> {
    const { reason, fatal } = await explainStoreFailure(error, this.#directory);
    const fault = { reason };
    [this.#running, this.#fault] = [undefined, fault];
    if (fatal) this.#fatal(fault);
    else if (!this.#closed) this.#retry = setTimeout(() => this.#attempt(work), retryDelayMs);
    return fault;
  }

  async #write({ memtable, checkpoint, hardState, clearsInactive }: Work): Promise<void> {
    const { meta, stores } = this.#state.environment;
    const { active } = checkpoint.commitPoint;
    for (const changes of memtable.chunks(chunkBytes)) {
      if (changes.length === 0) continue;
      const { instructions, bytes } = this.#instructions(stores[active], changes);
      await this.#commit(instructions, { records: changes.length, bytes });
      this.#state.store.checkpointed(memtable, false);
      // Other events must not wait for the whole checkpoint.
      await turn();
    }
    const hardStateBytes = Buffer.from(writeHardState(hardState));
    const checkpointBytes = writeCheckpoint(checkpoint);
    await this.#commit([
      () => clearsInactive && stores[inactive(active)].clearAsync(),
      () => meta.put(metaKeys.hardState, hardStateBytes),
      () => meta.put(metaKeys.checkpoint, checkpointBytes),
    ]);
  }

  #instructions(
    store: Database,
    changes: readonly Change[],
  ): { instructions: readonly Instruction[]; bytes: number } {
    this.#arena.reset();
    let bytes = 0;
    const instructions = changes.map(({ key, put }): Instruction => {
      const record = put && this.#arena.record(put.record, put.hash);
      bytes += record?.length ?? 0;
      return () => (record ? store.put(key, record) : store.remove(key));
    });
    return { instructions, bytes };
  }

  #commit(instructions: readonly Instruction[], size?: TransactionSize): Promise<unknown> {
    return this.#state.environment.commit(() => {
      for (const instruct of instructions) void instruct();
    }, size);
  }
}
