/** The entrance to this folder: from settings and ports to a running node. */
import type { KvNode } from "../api.ts";
import type { NodeOptions } from "../options.ts";
import { FollowerNode } from "./follower/follower-node.ts";
import { LeaderNode } from "./leader/leader-node.ts";

/** Creates and starts a node in the role that its settings give it. `close` ends it. */
export function createNode(options: NodeOptions): KvNode {
  const { config } = options;
  const node =
    config.leader === config.nodeId ? new LeaderNode(options) : new FollowerNode(options);
  node.start();
  return node;
}
