/**
 * The text of the story, the fault that is planted, and the way back. Whatever changes one of them has
 * the story played again; the recording that is shown is always of the newest text.
 */
import { batch, computed, signal } from "@preact/signals";
import { withDeed } from "../model/deeds.ts";
import { type Difference, differenceOf } from "../model/difference.ts";
import { type CourseStory, course, record, textUntil } from "../world/world.ts";
import { goTo, pause } from "./clock.ts";
import { index, lastIndex, moment, opening, recording } from "./recorded.ts";
import { announcement, selectNothing } from "./view.ts";

export const text = signal("");
/** The name of the planted fault; empty for none. */
export const bug = signal("");
/** What the text does otherwise with the planted fault, where that breaks no promise. */
export const difference = signal<Difference | undefined>(undefined);
/** The name of the story that the text began as. */
export const storyName = signal("");
/** True from a change of the text until it has been played. */
export const isRecording = signal(false);
export const story = computed<CourseStory | undefined>(() =>
  course.find(({ name }) => name === storyName.value),
);
export const isChanged = computed(
  () => story.value !== undefined && story.value.text !== text.value,
);

interface Former {
  readonly text: string;
  readonly index: number;
}

const formersMax = 200;
const past = signal<readonly Former[]>([]);
const future = signal<readonly Former[]>([]);
export const canUndo = computed(() => past.value.length > 0);
export const canRedo = computed(() => future.value.length > 0);

/** Where the position is once a text has been played. */
type Where = { readonly index: number } | "start";

let newest = new AbortController();

/** Plays the text. Of several that were asked for, the last one is shown. */
async function play(where: Where): Promise<void> {
  newest.abort();
  newest = new AbortController();
  const { signal } = newest;
  isRecording.value = true;
  const made = await record(text.peek(), { bug: bug.peek(), signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  if (made === undefined || signal.aborted) return;
  batch(() => {
    isRecording.value = false;
    recording.value = made;
    difference.value = undefined;
    goTo(where === "start" ? opening.value : Math.min(where.index, lastIndex.value));
  });
  if (bug.peek() === "" || made.breach !== undefined) return;
  const sound = await record(text.peek(), { bug: "", signal }).catch(() => undefined);
  if (sound !== undefined && !signal.aborted) difference.value = differenceOf(made, sound);
}

export async function openStory(name: string): Promise<void> {
  const chosen = course.find((one) => one.name === name) ?? course[0];
  if (chosen === undefined) return;
  await openText({ text: chosen.text, story: chosen.name, bug: "", index: undefined });
}

/** A scenario from elsewhere. There is no way back from it to what was here before. */
export async function openText(scenario: {
  readonly text: string;
  readonly story: string;
  readonly bug: string;
  readonly index: number | undefined;
}): Promise<void> {
  pause();
  batch(() => {
    text.value = scenario.text;
    storyName.value = scenario.story;
    bug.value = scenario.bug;
    past.value = [];
    future.value = [];
    selectNothing();
  });
  await play(scenario.index === undefined ? "start" : { index: scenario.index });
}

let typedAt = 0;
/** Letters typed within this time of each other are undone together. */
const togetherMs = 1500;
let replay: ReturnType<typeof setTimeout> | undefined;

/** By typing. The story is played once nothing has been typed for a moment. */
export function typeText(changed: string): void {
  const now = performance.now();
  if (now - typedAt > togetherMs) remember();
  typedAt = now;
  text.value = changed;
  isRecording.value = true;
  pause();
  clearTimeout(replay);
  replay = setTimeout(() => void play({ index: index.peek() }), 300);
}

/** By hand, at the moment that is shown: what the story did after it is cut off. */
export async function doDeed(command: string): Promise<void> {
  pause();
  clearTimeout(replay);
  const here = index.peek();
  const until = textUntil(recording.peek(), moment.peek().index);
  remember();
  typedAt = 0;
  text.value = withDeed(until, command);
  announcement.value = `Added to the story: ${command}`;
  // What was done is the next thing to be seen.
  await play({ index: here + 1 });
}

/** Time goes on after the end of the story. */
export async function runOn(ms: number): Promise<void> {
  pause();
  const here = lastIndex.peek();
  remember();
  text.value = `${text.peek().trimEnd()}\n\n> run ${ms}ms\n`;
  await play({ index: here });
}

export async function setBug(name: string): Promise<void> {
  pause();
  bug.value = name;
  await play("start");
}

export async function restoreStory(): Promise<void> {
  const own = story.peek();
  if (own === undefined) return;
  pause();
  remember();
  text.value = own.text;
  await play("start");
}

function remember(): void {
  past.value = [...past.peek(), present()].slice(-formersMax);
  future.value = [];
}

const present = (): Former => ({ text: text.peek(), index: index.peek() });

export const undo = (): Promise<void> => exchange(past, future, "Undone");
export const redo = (): Promise<void> => exchange(future, past, "Done again");

async function exchange(from: typeof past, to: typeof past, says: string): Promise<void> {
  const former = from.peek().at(-1);
  if (former === undefined) return;
  pause();
  typedAt = 0;
  batch(() => {
    to.value = [...to.peek(), present()];
    from.value = from.peek().slice(0, -1);
    text.value = former.text;
  });
  announcement.value = says;
  await play({ index: former.index });
}
