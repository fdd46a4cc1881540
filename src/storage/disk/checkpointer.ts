import { Buffer } from "node:buffer";
import { setImmediate as turn } from "node:timers/promises";
import type { StorageFault } from "../../node/ports.ts";
import type { HardState } from "../../replication/types.ts";
import type { Change } from "../apply.ts";
import { inactive } from "./commit-point.ts";
import { explainStoreFailure } from "./faults.ts";
import { writeHardState } from "./hard-state.ts";
import { Arena, type Checkpoint, writeCheckpoint } from "./lmdb/codec.ts";
import type { Database } from "./lmdb/environment.ts";
import type { Needs } from "./lmdb/room.ts";
import type { LogFiles } from "./log/log-files.ts";
import type { Memtable } from "./memtable.ts";
import type { DiskState } from "./state.ts";

/** One transaction carries about this much over, so that the event loop is never held up long. */
const CHUNK_BYTES = 256 * 1024;
const RETRY_MS = 500;

type Instruction = () => unknown;

/** What one checkpoint does, settled when it begins. */
interface Work {
  readonly memtable: Memtable;
  readonly checkpoint: Checkpoint;
  readonly hardState: HardState;
  /** The other store is left empty. */
  readonly clears: boolean;
}

/**
 * Carries what the log says over into LMDB's store, so that a restart has little to read again and
 * old log files can go. A checkpoint takes several transactions, each of them flushed; the last one
 * says how far the store has come. Until then a restart begins at the checkpoint before, and meets
 * some of the newer records early: it writes all of them again, so nothing shows.
 */
export class Checkpointer {
  readonly #state: DiskState;
  readonly #files: LogFiles;
  readonly #directory: string;
  readonly #arena = new Arena();
  /** Begun and not finished: tried again, as it was, until it is. */
  #work: Work | undefined;
  #running: Promise<StorageFault | undefined> | undefined;
  /** Of the last attempt, while another one is to come. */
  #fault: StorageFault | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #fatal: (fault: StorageFault) => void;

  constructor(parts: {
    state: DiskState;
    files: LogFiles;
    directory: string;
    /** LMDB must not be written any more. */
    fatal: (fault: StorageFault) => void;
  }) {
    this.#state = parts.state;
    this.#files = parts.files;
    this.#directory = parts.directory;
    this.#fatal = parts.fatal;
  }

  /** One is under way, or waits for its next attempt. */
  get isBusy(): boolean {
    return this.#work !== undefined;
  }

  /** Begins one unless one is under way. */
  begin(receiving: boolean): void {
    if (this.#work !== undefined || this.#closed) return;
    const state = this.#state;
    const { commitPoint, hardState } = state;
    const oldestFile =
      this.#files.oldestNeeded(
        ({ last, newest }) =>
          last > commitPoint.frame ||
          newest > Math.min(commitPoint.forgotten, commitPoint.standing.applied),
      ) ?? commitPoint.frame + 1;
    const memtable = state.store.makeImmutable();
    const clears = state.inactiveDirty && !receiving;
    this.#work = { memtable, checkpoint: { commitPoint, oldestFile }, hardState, clears };
    state.beginCheckpoint();
    this.#attempt(this.#work);
  }

  /** Calls when no checkpoint is under way; with its fault, where one waits for another attempt. */
  afterwards(run: (fault: StorageFault | undefined) => void): void {
    const running = this.#running ?? Promise.resolve(this.#fault);
    void running.then(run);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#running;
  }

  #attempt(work: Work): void {
    this.#running = this.#writeOut(work).then(
      () => this.#finished(work),
      (error: unknown) => this.#failed(work, error),
    );
  }

  #finished({ memtable, checkpoint, clears }: Work): undefined {
    const state = this.#state;
    state.checkpoint = checkpoint;
    if (clears) state.inactiveDirty = false;
    state.store.checkpointed(memtable, true);
    [this.#work, this.#running, this.#fault] = [undefined, undefined, undefined];
    this.#files.dropBefore(checkpoint.oldestFile);
  }

  async #failed(work: Work, error: unknown): Promise<StorageFault> {
    const { reason, fatal } = await explainStoreFailure(error, this.#directory);
    const fault = { reason };
    [this.#running, this.#fault] = [undefined, fault];
    if (fatal) this.#fatal(fault);
    else if (!this.#closed) this.#retry = setTimeout(() => this.#attempt(work), RETRY_MS);
    return fault;
  }

  async #writeOut({ memtable, checkpoint, hardState, clears }: Work): Promise<void> {
    const { meta, stores } = this.#state.environment;
    const { active } = checkpoint.commitPoint;
    for (const changes of memtable.chunks(CHUNK_BYTES)) {
      if (changes.length === 0) continue;
      const { instructions, bytes } = this.#instructions(stores[active], changes);
      await this.#commit(instructions, { records: changes.length, bytes });
      this.#state.store.checkpointed(memtable, false);
      // What has come meanwhile is not to wait for the whole of it.
      await turn();
    }
    const [hardStateText, said] = [
      Buffer.from(writeHardState(hardState)),
      writeCheckpoint(checkpoint),
    ];
    await this.#commit([
      () => clears && stores[inactive(active)].clearAsync(),
      () => meta.put("marks", hardStateText),
      () => meta.put("footing", said),
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

  #commit(instructions: readonly Instruction[], needs?: Needs): Promise<unknown> {
    return this.#state.environment.commit(() => {
      for (const instruct of instructions) void instruct();
    }, needs);
  }
}
