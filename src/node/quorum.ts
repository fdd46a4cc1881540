/** Which write quorums a cluster can have: the one place that judges their range. */
import { type Failed, failed } from "../errors.ts";
import type { NodeSettings } from "./options.ts";

/** How many followers the cluster has: the highest write quorum. */
const followerCount = ({ nodes }: Pick<NodeSettings, "nodes">): number => nodes.length - 1;

/** INVALID_ARGUMENT unless the quorum is a whole number from 0 to the number of followers. */
export function checkQuorum(
  name: string,
  quorum: number,
  config: Pick<NodeSettings, "nodes">,
): Failed | undefined {
  const max = followerCount(config);
  if (Number.isInteger(quorum) && quorum >= 0 && quorum <= max) return undefined;
  return failed(
    "INVALID_ARGUMENT",
    `${name} is ${quorum}, but must be a whole number from 0 to ${max}, the number of followers`,
  );
}
