/** What a node keeps for its clients altogether, over REST and gRPC alike. */
import { Budget } from "./budget.ts";
import { FairSlots } from "./fair-slots.ts";

/** Bytes of requests that have not arrived as a whole, or are not carried out yet. */
const requestBytesMax = 32 * 1024 * 1024;
/** Bytes of answers that their clients have not read. */
const answerBytesMax = 32 * 1024 * 1024;
/** Milliseconds after which either may have to make room for others. */
const safeMs = 2000;
/** Event streams and watches, over both. */
const streamsMax = 1000;
/** Calls over gRPC that are in progress, beside those between nodes. */
const callsMax = 2048;
/** Calls that are forwarded to other members. */
const forwardedMax = 2000;
/** Reads over REST that wait for a version: a fraction of all that may wait, so that one that loses its place can still end. */
const waitingReadsMax = 8192;
/** Connections to the gRPC port, beside those between nodes. */
const connectionsMax = 2048;
/** Connections to the REST port. */
const restConnectionsMax = 20_000;
/** Milliseconds in which a client over REST must take some of a large answer. */
const stalledMsMax = 30_000;
/** Milliseconds in which the whole request of a call over gRPC must arrive, unless it is a stream. */
const requestMsMax = 60_000;

/** An answer up to this size is always sent, so that small reads and writes go on while others hold all room. */
export const smallAnswerBytes = 16 * 1024;
/** Bytes beside its content that a piece of a request or a waiting request takes, roughly. */
export const pieceOverheadBytes = 256;

/** The bounds of one node. */
export interface Intake {
  readonly requests: Budget;
  readonly answers: Budget;
  readonly streams: FairSlots;
  /** Calls over gRPC, streams among them. */
  readonly calls: FairSlots;
  /** Calls that are forwarded to other members. */
  readonly forwarded: FairSlots;
  /** Reads over REST that wait for a version; those over gRPC are among the calls. */
  readonly waitingReads: FairSlots;
  /** Connections to the gRPC port that carry no replication. */
  readonly connections: FairSlots;
  /** Connections to the REST port. */
  readonly restConnections: FairSlots;
  readonly stalledMsMax: number;
  readonly requestMsMax: number;
}

/** The bounds of a node; nothing is held yet. */
export function createIntake(): Intake {
  const now = () => performance.now();
  return {
    requests: new Budget({ bytesMax: requestBytesMax, safeMs, now }),
    answers: new Budget({ bytesMax: answerBytesMax, safeMs, now }),
    streams: new FairSlots({ max: streamsMax }),
    calls: new FairSlots({ max: callsMax }),
    forwarded: new FairSlots({ max: forwardedMax }),
    waitingReads: new FairSlots({ max: waitingReadsMax }),
    // A node that dials this one must get in, however many others have come from however many addresses.
    connections: new FairSlots({ max: connectionsMax, alwaysEnters: true }),
    restConnections: new FairSlots({ max: restConnectionsMax }),
    ...{ stalledMsMax, requestMsMax },
  };
}
