import { BLANK_MARKS, type Marks, type Sequence } from "../replication/types.ts";
import type { Change } from "./apply.ts";
import { type Footing, inactive } from "./footing.ts";
import { LayeredStore } from "./layered-store.ts";
import { type Checkpoint, NO_CHECKPOINT, readCheckpoint } from "./lmdb-codec.ts";
import type { Environment } from "./lmdb-environment.ts";
import { View } from "./lmdb-view.ts";
import type { PlaceInFrame } from "./log/frame.ts";
import type { LogFile } from "./log/log-file.ts";
import { LogIndex } from "./log/log-index.ts";

/** What a flushed frame comes to. */
export interface Step {
  readonly footing: Footing;
  readonly installs: boolean;
  readonly places: readonly PlaceInFrame[];
  readonly changes: readonly Change[];
  readonly marks: Marks | undefined;
  /** Where the frame lies. */
  readonly file: LogFile;
  readonly at: number;
  readonly bytes: number;
}

/** Everything as of the last flushed frame: what reads see. */
export class DiskState {
  readonly environment: Environment;
  readonly index = new LogIndex();
  readonly store: LayeredStore;
  /** Where the stores in LMDB stand. */
  checkpoint: Checkpoint;
  /** The store that is not the present one has something in it. */
  inactiveDirty: boolean;
  #footing: Footing;
  #marks: Marks;
  #bytesSinceCheckpoint = 0;

  constructor(environment: Environment) {
    const view = new View(environment);
    const said = view.meta("footing");
    const marks = view.meta("marks");
    this.environment = environment;
    this.checkpoint = said ? readCheckpoint(said) : NO_CHECKPOINT;
    this.#footing = this.checkpoint.footing;
    this.#marks = marks ? (JSON.parse(marks.toString("utf8")) as Marks) : BLANK_MARKS;
    this.store = new LayeredStore(environment, this.#footing.active);
    this.inactiveDirty = !view.isEmpty(environment.stores[inactive(this.#footing.active)]);
    view.release();
  }

  get footing(): Footing {
    return this.#footing;
  }

  get marks(): Marks {
    return this.#marks;
  }

  /** What a restart would have to read again. */
  get bytesSinceCheckpoint(): number {
    return this.#bytesSinceCheckpoint;
  }

  /** The frame is flushed: reads see it from here on. */
  step(step: Step): void {
    this.place(step);
    this.forget(step, this.#footing.forgotten);
    this.advance(step);
  }

  // --- the parts of a step, for those who read frames again ---

  place({ places, file, at }: Step): void {
    for (const { sequence, epoch, origin, at: inFrame, bytes } of places) {
      this.index.put({ sequence, epoch, origin, file, at: at + inFrame, bytes });
      file.newest = Math.max(file.newest, sequence);
    }
  }

  forget({ footing, installs }: Step, forgottenBefore: Sequence): void {
    // A received store may stand lower than the log was forgotten: what lies between stays away.
    const upTo = installs ? Math.max(footing.forgotten, forgottenBefore) : footing.forgotten;
    this.index.forget(upTo);
  }

  advance({ footing, installs, changes, marks, bytes }: Step): void {
    if (installs) {
      this.store.switchTo(footing.active);
      this.inactiveDirty = true;
    }
    this.store.put(changes);
    this.#footing = footing;
    this.#marks = marks ?? this.#marks;
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
