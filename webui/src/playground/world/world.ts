/**
 * What the page takes from the virtual cluster and from the course. Nothing else in this folder imports
 * code from outside the page.
 */
import { course as chapters } from "../../../../src/virtual/course.ts";
import { hunts } from "../../../../src/virtual/hunts.ts";
import type { Recording } from "../model/moments.ts";
import { storyOf } from "../model/story.ts";
import { faults, record as play, stories } from "./engine.ts";

export { scriptOf, textUntil, verbs } from "./engine.ts";

export interface CourseStory {
  readonly name: string;
  readonly title: string;
  readonly chapter: string;
  readonly about: string;
  readonly question: string;
  readonly answer: string;
  /** Its commands, without what they said. */
  readonly text: string;
}

const texts = new Map(stories.map(({ name, text }) => [name, text]));

/** All stories, in the order in which they teach. */
export const course: readonly CourseStory[] = chapters.flatMap(({ title: chapter, stories }) =>
  stories.flatMap(({ name, title }) => {
    const file = texts.get(name);
    return file === undefined ? [] : [{ name, title, chapter, ...storyOf(file) }];
  }),
);

export interface Bug {
  readonly name: string;
  /** What the broken rule is for; empty for a fault that is not part of the course. */
  readonly rule: string;
  /** The name of the story that shows it; empty where only random runs do. */
  readonly story: string;
}

/** The faults that can be planted. Those of the course come first. */
export const bugs: readonly Bug[] = faults
  .map(({ name, story = "" }) => {
    const hunt = hunts.find(({ fault }) => fault === name);
    const shown = course.find((one) => story !== "" && one.name.startsWith(`${story}-`));
    return { name, rule: hunt?.rule ?? "", story: hunt?.story ?? shown?.name ?? "" };
  })
  .toSorted((one, other) => Number(one.rule === "") - Number(other.rule === ""));

export function record(
  text: string,
  { bug, signal }: { readonly bug: string; readonly signal: AbortSignal },
): Promise<Recording> {
  return play(text, bug === "" ? { signal } : { signal, fault: bug });
}
