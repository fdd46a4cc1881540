/** One of our own promises is broken: the node stops rather than going on with a wrong state. */
export class BrokenPromise extends Error {
  override readonly name = "BrokenPromise";
}

/** Stops with the promise's name unless it holds. For our own faults, never for a peer's news. */
export function invariant(holds: boolean, promise: string): asserts holds {
  if (!holds) throw new BrokenPromise(`broken promise: ${promise}`);
}
