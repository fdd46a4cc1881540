/** The state as of the last flushed frame: what reads see. */
import { BLANK_HARD_STATE, type HardState, type Sequence } from "../../replication/types.ts";
import type { Change } from "../apply.ts";
import { CurrentStore } from "./current-store.ts";
import {
  type Checkpoint,
  type CommitPoint,
  inactive,
  noCheckpoint,
} from "./format/commit-point.ts";
import { readHardState } from "./format/hard-state.ts";
import { readCheckpoint } from "./lmdb/codec.ts";
import { type Environment, metaKeys } from "./lmdb/environment.ts";
import { View } from "./lmdb/view.ts";
import type { Frame } from "./log/frame.ts";
import type { LogFile } from "./log/log-file.ts";
import { LogIndex } from "./log/log-index.ts";

/** A flushed frame: its content, and where it is. */
interface FlushedFrame extends Omit<Frame, "applyOnly"> {
  /** What its applied entries change in the store. */
  readonly changes: readonly Change[];
  readonly file: LogFile;
  /** Offset of the frame in the file. */
  readonly at: number;
}

/** Log index, store, commit point and hard state. Only a flushed frame changes them. */
export class DiskState {
  readonly environment: Environment;
  readonly index = new LogIndex();
  readonly store: CurrentStore;
  /** Where the stores in LMDB stand. Invariant: not ahead of `commitPoint`. */
  checkpoint: Checkpoint;
  /** The store that is not the present one may hold records. */
  inactiveDirty: boolean;
  #commitPoint: CommitPoint;
  #hardState: HardState;
  #bytesSinceCheckpoint = 0;

  /** Starts at the last checkpoint; `replayLog` applies the frames after it. */
  constructor(environment: Environment) {
    const view = new View(environment);
    const checkpoint = view.meta(metaKeys.checkpoint);
    const hardState = view.meta(metaKeys.hardState);
    this.environment = environment;
    this.checkpoint = checkpoint ? readCheckpoint(checkpoint) : noCheckpoint;
    this.#commitPoint = this.checkpoint.commitPoint;
    this.#hardState = hardState ? readHardState(hardState.toString("utf8")) : BLANK_HARD_STATE;
    this.store = new CurrentStore(environment, this.#commitPoint.active);
    this.inactiveDirty = !view.isEmpty(environment.stores[inactive(this.#commitPoint.active)]);
    view.release();
  }

  get commitPoint(): CommitPoint {
    return this.#commitPoint;
  }

  get hardState(): HardState {
    return this.#hardState;
  }

  /** What a restart would have to read again. */
  get bytesSinceCheckpoint(): number {
    return this.#bytesSinceCheckpoint;
  }

  /** The frame is flushed: reads see it from here on. */
  flushed(frame: FlushedFrame): void {
    this.indexEntries(frame);
    this.compactLog(frame, this.#commitPoint.compactedTo);
    this.advance(frame);
  }

  // `flushed` in three parts, for the replay, which does not need all of them for every frame.

  /** Only those above a sequence. */
  indexEntries({ places, file, at }: FlushedFrame, above: Sequence = 0): void {
    for (const { sequence, epoch, origin, at: inFrame, bytes } of places) {
      file.newest = Math.max(file.newest, sequence);
      if (sequence <= above) continue;
      this.index.put({ sequence, epoch, origin, file, at: at + inFrame, bytes });
    }
  }

  compactLog({ commitPoint, installs }: FlushedFrame, compactedBefore: Sequence): void {
    // An installed store may stand lower than the log was compacted to. The entries in between
    // must not come back.
    const upTo = installs
      ? Math.max(commitPoint.compactedTo, compactedBefore)
      : commitPoint.compactedTo;
    this.index.removeUpTo(upTo);
  }

  advance({ commitPoint, installs, changes, hardState, bytes }: FlushedFrame): void {
    if (installs) {
      this.store.switchTo(commitPoint.active);
      this.inactiveDirty = true;
    }
    this.store.put(changes);
    this.#commitPoint = commitPoint;
    this.#hardState = hardState ?? this.#hardState;
    this.#bytesSinceCheckpoint += bytes;
  }

  /** A checkpoint of the present state begins. */
  beginCheckpoint(): void {
    this.#bytesSinceCheckpoint = 0;
  }

  async close(): Promise<void> {
    this.store.close();
    await this.environment.close();
  }
}
