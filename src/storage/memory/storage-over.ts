/** The storage port over a state in memory. */
import type { Storage } from "../../node/ports.ts";
import { type Done, SingleWrite } from "../single-write.ts";
import type { MemoryState } from "./state.ts";

/**
 * Decides when `change` is made, or that it is never made, and calls `done` afterwards: never before
 * it returns. It is called again only after `done`.
 */
type Flush = (change: () => void, done: Done) => void;

/** The storage port over a state, whose changes become durable when `flush` decides. */
export function storageOver(state: MemoryState, flush: Flush): Storage {
  const single = new SingleWrite();
  const write = (change: () => void, done: Done): void =>
    single.begin((flushed) => flush(change, flushed), done);
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
    write: (batch, done) => write(() => state.commit(batch), done),
    incoming: {
      begin() {
        single.mustBeOver();
        state.begin();
      },
      add(records, done) {
        const incoming = state.incoming();
        write(() => state.add(incoming, records), done);
      },
      digest: () => state.incomingDigest,
      install(end, done) {
        const incoming = state.incoming();
        write(() => state.install(incoming, end), done);
      },
    },
    close: () => single.whenOver(),
  };
}
