/** What the clients of a virtual cluster write and read. */
export const keys = ["a1", "a2", "a3", "b1", "b2", "b3"] as const;
/** Written with quorum 0, and by nothing else, where a failover may lose such writes. */
export const fleetingKeys = ["z1", "z2"] as const;
