/** What stands out in a recording: the marks of the timeline, and where the jumps lead. */
import type { Moment, MomentKind, Recording } from "../moments.ts";

/** In the order of the timeline's rows and of the help. `key` jumps forward, with Shift back. */
export const markKinds = [
  { name: "write", key: "w", kinds: ["call"] },
  { name: "ack", key: "a", kinds: ["ack"] },
  { name: "commit", key: "c", kinds: ["commit"] },
  { name: "crash", key: "x", kinds: ["crash"] },
  { name: "election", key: "e", kinds: ["election"] },
] as const satisfies readonly {
  readonly name: string;
  readonly key: string;
  readonly kinds: readonly MomentKind[];
}[];

export type MarkName = (typeof markKinds)[number]["name"];

export interface Mark {
  readonly name: MarkName | "start" | "broken";
  readonly index: number;
  readonly at: number;
  readonly text: string;
}

const nameByKind: Readonly<Partial<Record<MomentKind, Mark["name"]>>> = {
  call: "write",
  ack: "ack",
  commit: "commit",
  crash: "crash",
  election: "election",
  start: "start",
  broken: "broken",
};

/** The mark's name; undefined for what has no mark. A read is a call that writes nothing. */
export function markOf({ kind, text }: Moment): Mark["name"] | undefined {
  if (kind === "call" && isRead(text)) return undefined;
  return nameByKind[kind];
}

const isRead = (text: string): boolean => /^(?:read|view) /.test(text);

export function marksOf({ moments }: Pick<Recording, "moments">): readonly Mark[] {
  return moments.flatMap((moment) => {
    const name = markOf(moment);
    return name === undefined ? [] : [{ name, ...pick(moment) }];
  });
}

const pick = ({ index, at, text }: Moment) => ({ index, at, text });

/** The nearest mark after the moment, or before it; undefined where there is none. */
export function jumpFrom(
  marks: readonly Mark[],
  from: number,
  to: { readonly name: MarkName; readonly back: boolean },
): number | undefined {
  const wanted = marks.filter(({ name }) => name === to.name);
  return to.back
    ? wanted.findLast(({ index }) => index < from)?.index
    : wanted.find(({ index }) => index > from)?.index;
}
