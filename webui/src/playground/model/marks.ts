/** What stands out in a recording: the marks of the timeline, and where the jumps lead. */
import type { Moment, MomentKind, Recording } from "./moments.ts";

/** In the order of the timeline's rows and of the help. `key` jumps forward, with Shift back. */
export const markKinds = [
  { name: "write", key: "w" },
  { name: "ack", key: "a" },
  { name: "commit", key: "c" },
  { name: "crash", key: "x" },
  { name: "election", key: "e" },
] as const;

export type MarkName = (typeof markKinds)[number]["name"];

export interface Mark {
  readonly name: MarkName | "start" | "broken";
  readonly index: number;
  readonly at: number;
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

/** One moment may have several marks. */
export function marksOf({ moments, calls }: Pick<Recording, "moments" | "calls">): readonly Mark[] {
  return moments.flatMap(({ index, at, kinds, calls: begun }) => {
    const since = calls.slice(moments[index - 1]?.calls ?? 0, begun);
    const writes = since.some(({ text }) => !isRead(text));
    const names = kinds.flatMap((kind) => {
      const name = nameByKind[kind];
      return name === undefined || (name === "write" && !writes) ? [] : [name];
    });
    return names.map((name) => ({ name, index, at }));
  });
}

const isRead = (text: string): boolean => /^(?:read|list)\b(?!=)/.test(text);

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

const saysNothing = /(?:: |sends |^)(?:heartbeat|confirm|read mark|want mark)/;

/** Heartbeats and confirming rounds carry nothing that a store would show; a step passes over them. */
export const isQuiet = ({ kind, text }: Pick<Moment, "kind" | "text">): boolean =>
  (kind === "timer" || kind === "message") &&
  text
    .split("; ")
    .every((part) => part === "" || saysNothing.test(part) || /^and \d+ more$/.test(part));
