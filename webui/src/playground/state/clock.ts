/** Moves the position: plays, pauses, steps, jumps. Every move ends at a moment or between two of them. */
import { batch, computed, signal } from "@preact/signals";
import { reducedMotion } from "../../state/preferences.ts";
import { jumpFrom, type MarkName } from "../model/marks.ts";
import { firstAbove } from "../model/scale.ts";
import { at, beginning, index, lastIndex, marks, opening, recording, stops } from "./recorded.ts";

/** Virtual milliseconds in one millisecond. */
export const speeds = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 4] as const;
export const speed = signal<number>(speeds[0]);
export const playing = signal(false);
export const isAtEnd = computed(() => index.value >= lastIndex.value);

/** No wait between two events takes longer on the screen, whatever the speed. */
const waitMaxMs = 900;
/** Whoever wants less motion sees steps, not much faster than they can be read. */
const calmStepMs = 700;
/** A tab that was hidden goes on where it was. */
const frameMaxMs = 100;

const atOf = (place: number): number => recording.peek().moments[place]?.at ?? 0;

export function goTo(place: number): void {
  batch(() => {
    index.value = Math.min(lastIndex.peek(), Math.max(beginning.peek(), place));
    at.value = atOf(index.peek());
  });
}

/** To an instant, with all moments up to it. */
export function goToInstant(instant: number): void {
  const { moments } = recording.peek();
  const ats = moments.map((one) => one.at);
  batch(() => {
    index.value = Math.max(beginning.peek(), firstAbove(ats, instant) - 1);
    at.value = Math.max(atOf(index.peek()), Math.min(instant, atOf(lastIndex.peek())));
  });
}

export function step(back: boolean): void {
  pause();
  const here = firstAbove(stops.peek(), index.peek());
  const isBetween = at.peek() > atOf(index.peek());
  const isOnStop = stops.peek()[here - 1] === index.peek();
  // Back from between two moments leads to the one before, which is already the one that is shown.
  const place = back ? here - (isOnStop && !isBetween ? 2 : 1) : here;
  const target = stops.peek()[Math.max(0, place)];
  if (target !== undefined) goTo(target);
}

/** Returns false where there is no such mark. */
export function jump(name: MarkName, back: boolean): boolean {
  pause();
  const target = jumpFrom(marks.peek(), index.peek(), { name, back });
  if (target === undefined) return false;
  goTo(target);
  return true;
}

export function faster(by: 1 | -1): void {
  const place = speeds.findIndex((one) => one >= speed.peek());
  speed.value = speeds[Math.min(speeds.length - 1, Math.max(0, place + by))] ?? speeds[0];
}

export function pause(): void {
  playing.value = false;
}

/** From the end, the story is told anew. */
function play(): void {
  if (isAtEnd.peek()) goTo(opening.peek());
  if (playing.peek()) return;
  playing.value = true;
  let lastAt = performance.now();
  let waited = 0;
  const frame = (now: number) => {
    if (!playing.peek()) return;
    const passed = Math.min(frameMaxMs, now - lastAt);
    lastAt = now;
    if (reducedMotion.peek()) {
      waited += passed;
      if (waited >= calmStepMs) {
        waited = 0;
        goTo(nextStop() ?? lastIndex.peek());
      }
    } else advance(passed);
    if (isAtEnd.peek()) pause();
    else requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

export const toggle = (): void => (playing.peek() ? pause() : play());

const nextStop = (): number | undefined => stops.peek()[firstAbove(stops.peek(), index.peek())];

function advance(passedMs: number): void {
  const next = nextStop() ?? lastIndex.peek();
  const before = stops.peek()[firstAbove(stops.peek(), index.peek()) - 1] ?? 0;
  const waitMs = atOf(next) - atOf(before);
  goToInstant(at.peek() + passedMs * Math.max(speed.peek(), waitMs / waitMaxMs));
}
