/** What the error codes of a refused write mean to the person who reads the page. */

interface Meaning {
  /** The cause, as the end of a sentence in the feed. */
  readonly cause?: string;
  /** The cause in two words, for a figure. */
  readonly short?: string;
  /** What became of the write, and what to do next. */
  readonly advice?: string;
}

const unclear = "It is unknown whether anything was written.";

const meanings: Readonly<Record<string, Meaning>> = {
  QUORUM_UNAVAILABLE: {
    cause: "the quorum is out of reach",
    short: "no quorum",
    advice: "Nothing was written. Lower the quorum, or wait for followers to return.",
  },
  NO_LEADER: {
    cause: "no node leads at the moment",
    short: "no leader",
    advice:
      "Nothing was written. Try again in a moment: the nodes elect a leader if enough are live.",
  },
  OVERLOADED: {
    cause: "the leader is overloaded",
    short: "overloaded",
    advice: "Nothing was written. Try again in a moment.",
  },
  RECOVERING: {
    cause: "the leader is not ready yet",
    short: "not ready yet",
    advice: "Nothing was written. The leader is still asking its followers for their entries.",
  },
  SHUTTING_DOWN: {
    cause: "the leader is stopping",
    short: "stopping",
    advice: "Nothing was written. The node is stopping.",
  },
  VERSION_MISMATCH: { cause: "the key has another version", short: "other version" },
  KEY_NOT_FOUND: { cause: "there is no such key", short: "no such key" },
  UNAUTHENTICATED: { advice: "Nothing was written. Log in again." },
  PERMISSION_DENIED: {
    advice: "Nothing was changed. Somebody with a token that allows it can do this.",
  },
  RATE_LIMITED: { advice: "Nothing was changed. Too many wrong tokens came from this address." },
  TOO_LARGE: { advice: "Nothing was written. A value may have up to 1 MiB." },
  UNREACHABLE: { advice: unclear },
  OUTCOME_UNKNOWN: { advice: unclear },
  INTERNAL: { advice: unclear },
};

/** Codes that answer a condition or a deletion; they are no sign of trouble in the cluster. */
const expected: readonly string[] = ["VERSION_MISMATCH", "KEY_NOT_FOUND"];

export const isExpected = (code: string): boolean => expected.includes(code);

/** A code without a text of its own stands for itself. */
export const causeOf = (code: string): string => meanings[code]?.cause ?? code;

export const shortCauseOf = (code: string): string => meanings[code]?.short ?? code;

/** An answer that is not from a node, such as a proxy's, says nothing about the write. */
export const adviceOn = (code: string): string | undefined =>
  code.startsWith("HTTP_") ? unclear : meanings[code]?.advice;
