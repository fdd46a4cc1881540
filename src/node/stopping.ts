/**
 * How long a stop may take, from the inside out. Each bound contains the ones before it, so that nobody
 * gives up on a part that still keeps its own time. All are milliseconds.
 */

/** A closing leader waits this long for the acks of writes in flight; then it answers "unknown". */
export const inFlightMsMax = 3_000;
/** A closing gateway waits this long for the answers under way, those of the leader among them. */
export const answersMsMax = inFlightMsMax + 500;
/** Then the gRPC server ends, and grants the calls under way this much. */
export const callsMsMax = 500;
/** A node that was asked to end is gone by then, whatever hangs: what is left is for its storage. */
export const nodeStopMsMax = answersMsMax + callsMsMax + 800;
/**
 * Whoever has asked a node's process to end waits this long before killing it. The node counts
 * on a clock of its own, and on a busy machine that clock is served late.
 */
export const processStopMsMax = 2 * nodeStopMsMax;
