/** What a watch asks of a node, and is told. */
import type { Failure } from "../errors.ts";
import type { Sequence } from "../replication/types.ts";
import type { Cancel } from "./ports.ts";

/** One applied operation, for watchers. */
export interface AppliedOperation {
  readonly sequence: Sequence;
  readonly key: string;
  /** JSON text; undefined: the key was deleted. */
  readonly value?: string | undefined;
}

export interface WatchQuery {
  readonly prefix: string;
  /** The last sequence that the watcher knows; absent: from now on. */
  readonly after?: Sequence | undefined;
  /** Called at most once, before `applied`: the log reaches that sequence, and back to it. */
  readonly opened?: () => void;
  /** Whole entries: one array for all watches of a prefix. Returns false to pause the watch. */
  readonly applied: (operations: readonly AppliedOperation[]) => boolean;
  /**
   * Called while there is little to tell, with the sequence up to which there was nothing else: a watch after
   * that one goes on where this one is. It was not told before, and is no lower than what `applied` told.
   * Returns false to pause the watch.
   */
  readonly passed?: ((sequence: Sequence) => boolean) | undefined;
  /** The watch has ended for this reason. */
  readonly failed: (failure: Failure) => void;
}

export interface WatchHandle {
  /** Ends a pause: the watch goes on from the log. */
  readonly resume: () => void;
  readonly cancel: Cancel;
}
