/** How long a lease lasts: for the follower that lends it, and for the leader that counts on it. */

/** From when the follower heard that it was asked. */
export const leaseMs = 400;

/** From when the leader asked. Its clock may be the slower one of two that differ by 5 %. */
export const countedMs = leaseMs * 0.95;
