/**
 * How followers are told apart: by a colour of the Okabe–Ito set, which colour-blind people can tell
 * apart too, and violet, always together with a shape, a dash pattern and the follower's name.
 */

/** From the simplest to the most complex, in the order in which followers get them. */
const shapes = ["circle", "square", "triangle", "diamond", "hexagon", "wedge"] as const;
type Shape = (typeof shapes)[number];

export interface Mark {
  /** 1..6: names the style sheet's `--follower-N`. */
  readonly colour: number;
  readonly shape: Shape;
  /** Canvas and SVG dashes, px. */
  readonly dash: readonly number[];
}

const dashes: readonly (readonly number[])[] = [
  [],
  [7, 4],
  [2, 3],
  [9, 3, 2, 3],
  [14, 4],
  [5, 2, 1, 2, 1, 2],
];

/** The mark of the n-th node, counted from 0. From the seventh on, colours get other shapes. */
export function markOf(index: number): Mark {
  const turn = Math.floor(index / shapes.length);
  return {
    colour: (index % shapes.length) + 1,
    shape: shapes[(index + turn) % shapes.length] ?? "circle",
    dash: dashes[(index + turn) % dashes.length] ?? [],
  };
}

/** SVG path of a shape about the origin, `radius` px in size. */
export function shapePath(shape: Shape, radius: number): string {
  const r = radius;
  switch (shape) {
    case "circle":
      return `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
    case "square":
      return polygon(4, r * 1.18, Math.PI / 4);
    case "triangle":
      return polygon(3, r * 1.3, -Math.PI / 2);
    case "diamond":
      return polygon(4, r * 1.28, 0);
    case "hexagon":
      return polygon(6, r * 1.12, 0);
    case "wedge":
      return polygon(3, r * 1.3, Math.PI / 2);
  }
}

/** A regular polygon; `turn` is the angle of its first corner, in radians from the right. */
function polygon(corners: number, radius: number, turn: number): string {
  const points = Array.from({ length: corners }, (_, corner) => {
    const angle = turn + (corner * 2 * Math.PI) / corners;
    return `${(radius * Math.cos(angle)).toFixed(2)} ${(radius * Math.sin(angle)).toFixed(2)}`;
  });
  return `M${points.join("L")}z`;
}
