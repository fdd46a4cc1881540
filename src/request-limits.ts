/**
 * The bounds of what a client may send. Requests are checked against them in `gateway/requests`,
 * before a node sees them, and settings that requests may replace keep to the same bounds.
 */

/** UTF-8 bytes of one key, at least 1. */
export const keyBytesMax = 1024;
/** UTF-8 bytes of one value as JSON text without white space, its escapes as they were written. */
export const valueBytesMax = 1024 * 1024;
/** Bytes of one request: the whole body over REST, all keys and values over gRPC. */
export const bodyBytesMax = 2 * 1024 * 1024;
/** Operations of one batch, at least 1. */
export const operationsMax = 128;
/** Arrays and objects inside one another; a plain number or string is 0 deep. */
export const valueDepthMax = 128;
/** Keys of one page of a list, at least 1. */
export const listLimitMax = 1000;
/** Keys of one page when the client names no limit. */
export const listLimitDefault = 100;
/** Milliseconds that one write may wait for its quorum, at least 1. */
export const timeoutMsMax = 600_000;
/** Milliseconds that the simulated network may hold one entry back. */
export const delayMsMax = 60_000;
