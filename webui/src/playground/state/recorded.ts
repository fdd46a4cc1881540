/** The recording that is shown, the position in it, and what follows from both. */
import { computed, signal } from "@preact/signals";
import { kindOf } from "../model/flights.ts";
import { happeningsOf, stretchesOf } from "../model/happenings.ts";
import { isQuiet, marksOf } from "../model/marks.ts";
import type { Moment, Recording } from "../model/moments.ts";
import { scaleOf } from "../model/scale.ts";

const nothing: Recording = {
  text: [],
  ids: [],
  moments: [],
  voyages: [],
  calls: [],
  said: new Map(),
  breach: undefined,
  fault: undefined,
};

export const recording = signal<Recording>(nothing);

/** The number of the moment that is shown. */
export const index = signal(0);
/** The instant that is shown, virtual ms: at the moment or after it, and before the next. */
export const at = signal(0);

/** Whether heartbeats and confirming rounds are shown and stepped through. */
export const withBeats = signal(false);

const blank: Moment = {
  ...{ index: 0, at: 0, kind: "begin", text: "", line: 0 },
  ...{ kinds: ["begin"], point: undefined, voyages: 0, calls: 0 },
  ...{ nodes: [], flights: [], cuts: [], slow: [] },
};

export const moment = computed<Moment>(() => recording.value.moments[index.value] ?? blank);
export const lastIndex = computed(() => Math.max(0, recording.value.moments.length - 1));
export const marks = computed(() => marksOf(recording.value));
export const happenings = computed(() => happeningsOf(recording.value));
export const stretches = computed(() => stretchesOf(recording.value));

/** The first moment that has something to show. */
export const beginning = computed(() =>
  Math.max(
    0,
    recording.value.moments.findIndex(({ nodes }) => nodes.length > 0),
  ),
);

/** Where a story begins to be told: the start of its cluster is behind it. */
export const opening = computed(() => {
  const { moments } = recording.value;
  const line = moments[beginning.value]?.line;
  return moments.findLast((one) => one.line === line)?.index ?? 0;
});

/** The moments that steps stop at, by their numbers. */
export const stops = computed<readonly number[]>(() => {
  const { moments } = recording.value;
  const { value: begin } = beginning;
  const shown = moments
    .slice(begin)
    .filter((one) => withBeats.value || !isQuiet(one) || one.index === begin);
  const last = moments.at(-1);
  return shown.map((one) => one.index).concat(last && shown.at(-1) !== last ? [last.index] : []);
});

export const scale = computed(() => {
  const { moments } = recording.value;
  return scaleOf(stops.value.map((stop) => moments[stop]?.at ?? 0));
});

/** The messages under way that are not left out. */
export const shownFlights = computed(() =>
  moment.value.flights.filter((flight) => withBeats.value || kindOf(flight) !== "beat"),
);

/** Undefined while nobody leads. Of two that believe to lead, the one with the higher epoch. */
export const leader = computed(
  () =>
    moment.value.nodes
      .filter(({ role, state }) => role === "leader" && state !== "down")
      .toSorted((one, other) => other.epoch - one.epoch)[0]?.id,
);

/** The breach, once the position has reached it. */
export const breachShown = computed(() => {
  const { breach } = recording.value;
  return breach !== undefined && index.value >= breach.moment ? breach : undefined;
});
