/** A node's mark and name. A follower's shape says the same as its colour. */
import { type Mark, markOf, shapePath } from "../lib/followers.ts";
import { leaderId, nodeIds } from "../state/live.ts";

/** A node's mark, the same everywhere on the page, and whoever leads: by its place among all ids. */
export function markFor(id: string): Mark {
  return markOf(Math.max(0, nodeIds.value.indexOf(id)));
}

/** The mark as a picture, 12 px in size. The leader has a ring instead of a mark, and no colour. */
function Glyph({ id }: { readonly id: string }) {
  const isLeader = id === leaderId.value;
  const mark = markFor(id);
  return (
    <svg
      class={`glyph ${isLeader ? "leader" : `follower-${mark.colour}`}`}
      width={12}
      height={12}
      viewBox="-8 -8 16 16"
      aria-hidden="true"
    >
      {isLeader ? (
        <>
          <circle r="6.5" class="leader-ring" />
          <circle r="3" class="leader-core" />
        </>
      ) : (
        <path d={shapePath(mark.shape, 6)} />
      )}
    </svg>
  );
}

/**
 * The mark and the id, for use within a line of text. The id is always written out: screen readers skip
 * the mark.
 */
export function NodeName({ id }: { readonly id: string }) {
  return (
    <span class="node-name">
      <Glyph id={id} />
      {id}
    </span>
  );
}
