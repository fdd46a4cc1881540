/** Which write quorums a cluster can have: settings, requests and nodes all ask here. */
import { type Failed, failed } from "../errors.ts";
import { isWhole, type WholeRange, wholeText } from "../whole-range.ts";

/** The write quorums of a cluster with that many followers. */
export const quorumRange = (followers: number): WholeRange => ({ min: 0, max: followers });

/** What the write quorum of a cluster with that many followers must be; undefined: it is that. */
export function quorumFault(quorum: number, followers: number): string | undefined {
  const range = quorumRange(followers);
  return isWhole(quorum, range) ? undefined : `${wholeText(range)}, the number of followers`;
}

/** INVALID_ARGUMENT unless a cluster of these nodes can have the quorum; `name` is that of its field. */
export function checkQuorum(
  name: string,
  quorum: number,
  { nodes }: { readonly nodes: readonly unknown[] },
): Failed | undefined {
  const fault = quorumFault(quorum, nodes.length - 1);
  if (fault === undefined) return undefined;
  return failed("INVALID_ARGUMENT", `${name} is ${quorum}, but must be ${fault}`);
}
