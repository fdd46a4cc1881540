import type { Storage, StorageFault } from "../node/ports.ts";
import { MemoryState } from "./memory-state.ts";

/** Decides when a change of the state is made, if at all, and calls `done` when it is. */
export type Flush = (change: () => void, done: (fault: StorageFault | undefined) => void) => void;

/** Storage that forgets everything when the process ends. `defer` calls back later, in order. */
export function createMemoryStorage(
  options: { defer?: ((run: () => void) => void) | undefined } = {},
): Storage {
  const defer = options.defer ?? queueMicrotask;
  return storageOver(new MemoryState(), (change, done) =>
    defer(() => {
      change();
      done(undefined);
    }),
  );
}

/** The storage port over a state, flushed as its owner decides. */
export function storageOver(state: MemoryState, flush: Flush): Storage {
  return {
    marks: () => state.marks,
    summary: () => state.summary,
    logBounds: () => state.logBounds,
    logBytes: () => state.logBytes,
    readLog: (from, limit) => state.readLog(from, limit),
    logHistory: (range) => state.logHistory(range),
    get: (key) => state.table.get(key),
    list: (query) => state.table.list(query),
    copy: () => state.copy(),
    write: (batch, done) => flush(() => state.commit(batch), done),
    incoming: {
      begin: () => state.begin(),
      add(records, done) {
        const incoming = state.incoming();
        flush(() => state.add(incoming, records), done);
      },
      install(end, done) {
        const incoming = state.incoming();
        flush(() => state.install(incoming, end), done);
      },
    },
    close: () =>
      new Promise((resolve) =>
        flush(
          () => {},
          () => resolve(),
        ),
      ),
  };
}
