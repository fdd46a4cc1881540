/** The storage port in memory: everything is lost when the process ends. */
import type { Storage } from "../../node/ports.ts";
import { MemoryState } from "./state.ts";
import { storageOver } from "./storage-over.ts";

/**
 * Storage that forgets everything when the process ends. `defer` runs its callbacks later; the
 * default is the microtask queue.
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
