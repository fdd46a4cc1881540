/**
 * Reads over REST that wait for their `minVersion`. A node has so many places for all that waits, writes among them; here
 * its reads are shared between addresses, so that none can take all of them.
 */
import { failedBy, failureOf, type Result } from "../src/errors.ts";
import type { FairSlots } from "../src/intake/fair-slots.ts";

/** A read, before it is given to the node. */
interface Waiting<T> {
  readonly places: FairSlots;
  /** Of its client. */
  readonly address: string | undefined;
  readonly read: () => Result<T> | Promise<Result<T>>;
}

const tooManyWaiting = failureOf(
  "OVERLOADED",
  "Too many reads of this node wait for their minVersion.",
);

/**
 * The result of the read, or OVERLOADED where its address has as many waiting as it may have. A place is taken until the
 * node is done with the read, also if its client is gone.
 */
export function whenPlaced<T>({
  places,
  address,
  read,
}: Waiting<T>): Result<T> | Promise<Result<T>> {
  const { promise: lost, resolve } = Promise.withResolvers<Result<T>>();
  const place = places.enter(address, () => resolve(failedBy(tooManyWaiting)));
  if (place === undefined) return failedBy(tooManyWaiting);
  let waits = false;
  try {
    const outcome = read();
    waits = outcome instanceof Promise;
    return outcome instanceof Promise
      ? Promise.race([outcome.finally(() => place.leave()), lost])
      : outcome;
  } finally {
    if (!waits) place.leave();
  }
}
