/** What a write waits for, and where it is stored. */
import { quorumRange } from "../node/quorum.ts";
import { delayMsMax, timeoutMsMax } from "../request-limits.ts";
import { milliseconds, pathText, type Setting, wholeNumber, zeroOrOne } from "./setting.ts";

/** In the order of docs/configuration.md. */
export const writesSettings = {
  DATA_DIR: {
    byDefault: "",
    defaultShown: "empty",
    meaning: "the folder of log and store, created if missing; empty: keep everything in memory",
    range: "a path",
    schema: pathText,
  },
  WRITE_QUORUM: {
    byDefault: "3",
    meaning: "follower acks that a write waits for",
    range: "a whole number from 0 to the number of followers",
    // How many followers there are is known once NODES is read: see checkTogether.
    schema: wholeNumber(quorumRange(Number.MAX_SAFE_INTEGER)),
  },
  MIN_DELAY: {
    byDefault: "0",
    meaning: "lower end of the simulated replication delay",
    ...milliseconds({ min: 0, max: delayMsMax }),
  },
  MAX_DELAY: {
    byDefault: "0",
    meaning: "upper end of the simulated replication delay, at least `MIN_DELAY`",
    ...milliseconds({ min: 0, max: delayMsMax }),
  },
  TIMEOUT: {
    byDefault: "5000",
    meaning: "how long a write waits for its quorum",
    ...milliseconds({ min: 1, max: timeoutMsMax }),
  },
  IDEMPOTENCY_SECONDS: {
    byDefault: "600",
    meaning: "how long a write with an idempotency key is remembered at least",
    range: "a whole number of seconds, 1..86400",
    schema: wholeNumber({ min: 1, max: 86_400 }),
  },
  IDEMPOTENCY_KEYS: {
    byDefault: "100000",
    meaning:
      "how many writes with an idempotency key are remembered; beyond that the oldest are forgotten early",
    range: "a whole number, 1..1000000",
    schema: wholeNumber({ min: 1, max: 1_000_000 }),
  },
  FORWARD_WRITES: {
    byDefault: "0",
    meaning:
      "1: a follower passes writes on to the leader; 0: it does so where the client asks by `Prefer: forward`, and refuses others with `NOT_LEADER`",
    ...zeroOrOne,
  },
} as const satisfies Record<string, Setting<unknown>>;
