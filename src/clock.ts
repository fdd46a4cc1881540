import { performance } from "node:perf_hooks";
import type { Clock } from "./node/ports.ts";

/** Real time. Its `now` is monotonic: a jump of the wall clock changes nothing but what is shown. */
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
