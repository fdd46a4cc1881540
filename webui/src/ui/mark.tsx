/** A follower's mark and name; the shape carries what the colour says. */
import { type Mark, markOf, shapePath } from "../lib/followers.ts";
import { followers, leaderId } from "../state/live.ts";

/** The mark that belongs to a follower everywhere on the page: by its place among the members. */
export function markFor(id: string): Mark {
  return markOf(
    Math.max(
      0,
      followers.value.findIndex((follower) => follower.id === id),
    ),
  );
}

export function Glyph({ id, size = 12 }: { readonly id: string; readonly size?: number }) {
  if (id === leaderId.value) {
    return (
      <svg class="glyph leader" width={size} height={size} viewBox="-8 -8 16 16" aria-hidden="true">
        <circle r="6.5" class="leader-ring" />
        <circle r="3" class="leader-core" />
      </svg>
    );
  }
  const mark = markFor(id);
  return (
    <svg
      class={`glyph follower-${mark.colour}`}
      width={size}
      height={size}
      viewBox="-8 -8 16 16"
      aria-hidden="true"
    >
      <path d={shapePath(mark.shape, 6)} />
    </svg>
  );
}

export function NodeName({ id }: { readonly id: string }) {
  return (
    <span class="node-name">
      <Glyph id={id} />
      {id}
    </span>
  );
}
