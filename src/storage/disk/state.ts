import { BLANK_HARD_STATE, type HardState, type Sequence } from "../../replication/types.ts";
import type { Change } from "../apply.ts";
import { type CommitPoint, inactive } from "./commit-point.ts";
import { CurrentStore } from "./current-store.ts";
import { readHardState } from "./hard-state.ts";
import { type Checkpoint, NO_CHECKPOINT, readCheckpoint } from "./lmdb/codec.ts";
import type { Environment } from "./lmdb/environment.ts";
import { View } from "./lmdb/view.ts";
import type { PlaceInFrame } from "./log/frame.ts";
import type { LogFile } from "./log/log-file.ts";
import { LogIndex } from "./log/log-index.ts";

/** What a flushed frame comes to. */
export interface Step {
  readonly commitPoint: CommitPoint;
  readonly installs: boolean;
  readonly places: readonly PlaceInFrame[];
  readonly changes: readonly Change[];
  readonly hardState: HardState | undefined;
  /** Where the frame lies. */
  readonly file: LogFile;
  readonly at: number;
  readonly bytes: number;
}

/** Everything as of the last flushed frame: what reads see. */
export class DiskState {
  readonly environment: Environment;
  readonly index = new LogIndex();
  readonly store: CurrentStore;
  /** Where the stores in LMDB stand. */
  checkpoint: Checkpoint;
  /** The store that is not the present one has something in it. */
  inactiveDirty: boolean;
  #commitPoint: CommitPoint;
  #hardState: HardState;
  #bytesSinceCheckpoint = 0;

  constructor(environment: Environment) {
    const view = new View(environment);
    const said = view.meta("footing");
    const hardState = view.meta("marks");
    this.environment = environment;
    this.checkpoint = said ? readCheckpoint(said) : NO_CHECKPOINT;
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
  step(step: Step): void {
    this.place(step);
    this.forget(step, this.#commitPoint.forgotten);
    this.advance(step);
  }

  // --- the parts of a step, for those who read frames again ---

  place({ places, file, at }: Step): void {
    for (const { sequence, epoch, origin, at: inFrame, bytes } of places) {
      this.index.put({ sequence, epoch, origin, file, at: at + inFrame, bytes });
      file.newest = Math.max(file.newest, sequence);
    }
  }

  forget({ commitPoint, installs }: Step, forgottenBefore: Sequence): void {
    // A received store may stand lower than the log was forgotten: what lies between stays away.
    const upTo = installs
      ? Math.max(commitPoint.forgotten, forgottenBefore)
      : commitPoint.forgotten;
    this.index.forget(upTo);
  }

  advance({ commitPoint, installs, changes, hardState, bytes }: Step): void {
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
