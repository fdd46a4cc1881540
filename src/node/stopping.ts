/**
 * How long a shutdown may take, from the inside out, in milliseconds. Each bound contains the ones
 * before it, so that no part is given up while it still keeps to its own bound.
 */

/** A leader that closes hands over first: the follower may take this long to hold everything and be elected. */
export const handoverMsMax = 600;
/** A closing leader waits this long for the acks of writes in flight; then it answers "unknown". */
export const inFlightMsMax = 2_500;
/** A closing gateway waits this long for its answers, including those that wait for the leader. */
export const answersMsMax = inFlightMsMax + 500;
/** Then the gRPC server ends, and waits this long for the calls under way. */
export const callsMsMax = 500;
/** A node ends within this time, whatever hangs. The remainder is for closing its storage. */
export const nodeStopMsMax = handoverMsMax + answersMsMax + callsMsMax + 800;
/**
 * The launcher waits this long before it kills a process that it has asked to end. The node
 * measures its own time, and on a busy machine its timers fire late.
 */
export const processStopMsMax = 2 * nodeStopMsMax;
