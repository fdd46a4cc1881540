/**
 * What the page takes from the virtual cluster and from the course. Nothing else in this folder imports
 * code from outside the page.
 */
import { stories } from "virtual:stories";
import { course as chapters } from "../../../../src/virtual/course.ts";
import { hunts } from "../../../../src/virtual/hunts.ts";
import { record as play } from "../../../../src/virtual/playground/record.ts";
import type { Recording } from "../model/moments.ts";
import { storyOf } from "../model/story.ts";

export { scriptOf } from "../../../../src/virtual/playground/script.ts";
export { textUntil } from "../../../../src/virtual/playground/text-until.ts";

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
  readonly rule: string;
  readonly story: string;
}

/** The faults that can be planted, each with the story that hunts it. */
export const bugs: readonly Bug[] = hunts.map(({ fault, rule, story }) => ({
  ...{ name: fault, rule, story },
}));

export function record(
  text: string,
  { bug, signal }: { readonly bug: string; readonly signal: AbortSignal },
): Promise<Recording> {
  void bug;
  return play(text, { signal });
}
