/** The access rules of a node without tokens, whose callers are all on this machine. */
import { performance } from "node:perf_hooks";
import { Access } from "../../gateway/access/access.ts";

export const openToAll = (): Access =>
  new Access({
    config: { admin: false, auditWrites: false },
    now: () => performance.now(),
  });
