/** Real time, for everything that takes a Clock. */
import { performance } from "node:perf_hooks";
import type { Clock } from "./node/ports.ts";

/** Its `now` is monotonic, so a jump of the wall clock affects only the times that are shown. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
  defer: (run) => {
    setImmediate(run);
  },
};
