/** The entrance to this folder: from settings and ports to a running node. */
import type { NodeOptions } from "../options.ts";
import { Node } from "./node.ts";

/** Creates and starts a node in the role that its settings give it. `close` ends it. */
export function createNode(options: NodeOptions): Node {
  const node = new Node(options);
  node.start();
  return node;
}
