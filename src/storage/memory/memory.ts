/** The storage port in memory: everything is lost when the process ends. */
import type { Storage, StorageFault } from "../../node/ports.ts";
import { MemoryState } from "./state.ts";

/**
 * Decides when `change` is made, or that it is never made, and calls `done` afterwards. It must keep
 * the order of calls and must not call `done` before it returns.
 */
type Flush = (change: () => void, done: (fault: StorageFault | undefined) => void) => void;

/**
 * Storage that forgets everything when the process ends. `defer` runs its callbacks later and in
 * order; the default is the microtask queue.
 */
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

/** The storage port over a state, whose changes become durable when `flush` decides. */
export function storageOver(state: MemoryState, flush: Flush): Storage {
  return {
    hardState: () => state.hardState,
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
