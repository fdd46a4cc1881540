/** The cluster that is attacked. */
import type { ClusterOptions } from "../support/cluster.ts";

export const clusterOptions: ClusterOptions = {
  followers: 2,
  disk: true,
  env: { WRITE_QUORUM: "2", TIMEOUT: "1000", LOG_LEVEL: "warn" },
};

/** Far above what a node takes (about 150 MiB), far below what unbounded buffers would. */
export const memoryMiBMax = 700;
