/** `quorum-kv/testing`, behind a check that this Node can read it. */
import "../node-version.mjs";

export { startCluster } from "./cluster.ts";
