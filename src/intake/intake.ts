/** What a node keeps for its clients altogether, over REST and gRPC alike. */
import { Budget } from "./budget.ts";
import { FairSlots } from "./fair-slots.ts";

/** Bytes of requests that have not arrived as a whole, or are not carried out yet. */
const requestBytesMax = 48 * 1024 * 1024;
/** Bytes of answers that their clients have not read. */
const answerBytesMax = 48 * 1024 * 1024;
/** Milliseconds after which either may have to make room for others. */
const safeMs = 2000;
/** Event streams and watches, over both. */
const streamsMax = 1000;

/** An answer up to this size is always sent, so that small reads and writes go on while others hold all room. */
export const smallAnswerBytes = 16 * 1024;
/** Bytes beside its content that a piece of a request or a waiting request takes, roughly. */
export const pieceOverheadBytes = 256;

/** The bounds of one node. */
export interface Intake {
  readonly requests: Budget;
  readonly answers: Budget;
  readonly streams: FairSlots;
}

/** The bounds of a node; nothing is held yet. */
export function createIntake(): Intake {
  const now = () => performance.now();
  return {
    requests: new Budget({ bytesMax: requestBytesMax, safeMs, now }),
    answers: new Budget({ bytesMax: answerBytesMax, safeMs, now }),
    streams: new FairSlots(streamsMax),
  };
}
