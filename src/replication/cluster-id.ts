/** Which cluster a node belongs to, and who is a stranger to it. DESIGN.md, "Which cluster". */
import type { ClusterId, ClusterMark, HardState } from "./types.ts";

/** What a node with this HardState shows. */
export const markOf = ({ cluster, blank }: HardState): ClusterMark => ({
  id: cluster?.id ?? "",
  confirmed: cluster?.confirmed === true,
  blank,
});

/** The two nodes belong to two clusters. Undefined: what a former version shows. */
export function clash(own: ClusterMark, theirs: ClusterMark | undefined): boolean {
  if (theirs === undefined) return own.confirmed;
  if (!own.confirmed && !theirs.confirmed) return false;
  if (own.id === theirs.id) return false;
  const isEmpty = (mark: ClusterMark) => mark.blank && !mark.confirmed;
  return !isEmpty(own) && !isEmpty(theirs);
}

/** A node that shows `own` heeds what the other one says of higher epochs. */
export const heeds = (own: ClusterMark, theirs: ClusterMark | undefined): boolean =>
  !clash(own, theirs) && (!own.confirmed || theirs?.id === own.id);

/** The id to go by, of what nodes show; the first one wins among equals. */
export function choose(marks: readonly ClusterMark[]): ClusterId | undefined {
  const rank = ({ confirmed, blank }: ClusterMark) => (confirmed ? 2 : blank ? 0 : 1);
  const shown = marks.filter(({ id }) => id !== "");
  const [first, ...others] = shown;
  if (first === undefined) return undefined;
  const { id, confirmed } = others.reduce(
    (best, mark) => (rank(mark) > rank(best) ? mark : best),
    first,
  );
  return { id, confirmed };
}

/** For a person. */
export function describeMark(mark: ClusterMark | undefined): string {
  if (mark === undefined) return "a former version, which knows of no cluster ids";
  const { id, confirmed, blank } = mark;
  if (id === "") return blank ? "no cluster, without data" : "no cluster, with data";
  return confirmed ? `cluster ${id}` : `cluster ${id}, not confirmed`;
}

/** Why two nodes that clash have nothing to do with each other. */
export const clashReason = (
  own: { readonly id: string; readonly mark: ClusterMark },
  their: { readonly id: string; readonly mark: ClusterMark | undefined },
): string =>
  `${own.id} belongs to ${describeMark(own.mark)}; ${their.id} belongs to ${describeMark(their.mark)}: ` +
  "check NODES on both, or empty the DATA_DIR of a node that was moved on purpose";
