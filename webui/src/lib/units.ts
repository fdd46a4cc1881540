/** Numbers and lists as people read them, with their unit. Thin spaces group thousands. */

/** How good a piece of news is; also the class that colours it. */
export type Tone = "plain" | "good" | "warning" | "bad";

const thin = "\u202f";

/** A whole number: "1 500". */
export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, thin);
}

/** A count that a node may be unable to report. */
export const known = (value: number | null): string => (value === null ? "unknown" : count(value));

/** Milliseconds with about three digits: "0.42 ms", "8.3 ms", "503 ms", "12.4 s". */
export function duration(ms: number): string {
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 10_000) return `${count(ms)} ms`;
  if (ms < 120_000) return `${(ms / 1000).toFixed(1)} s`;
  return longDuration(ms);
}

/** A duration that is not known yet is a dash. */
export const optionalDuration = (ms: number | undefined): string =>
  ms === undefined ? "–" : duration(ms);

/** The same on an axis, where 0 needs no digits and round values come without zeros. */
export const axisDuration = (ms: number): string =>
  ms === 0 ? "0 ms" : duration(ms).replace(/\.0+ /, " ");

/** "12 s", "3 min", "2 h": for ages that only need a sense of size. */
export function longDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** A range of delays: "0–1 000 ms". */
export const delayRange = (minMs: number, maxMs: number): string =>
  `${count(minMs)}–${count(maxMs)} ms`;

/** "2.5/s" below ten, "1 500/s" above. */
export function rate(perSecond: number): string {
  return `${perSecond < 10 ? perSecond.toFixed(1).replace(/\.0$/, "") : count(perSecond)}/s`;
}

const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});
const minute = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** Wall-clock ms as "16:04:31.207". */
export const timeOfDay = (at: number): string => clock.format(at);
/** Wall-clock ms as "26 Nov 2026, 16:04". */
/** Without milliseconds. */
export const timeToSecond = (at: number): string => timeOfDay(at).replace(/\.\d+$/, "");

export const dateAndTime = (at: number): string => minute.format(at);

/** A key may have a thousand characters. It is cut in the middle: similar keys differ at the end. */
export function clamp(text: string, most = 48): string {
  if (text.length <= most) return text;
  const end = Math.floor((most - 1) / 3);
  return `${text.slice(0, most - 1 - end)}…${text.slice(-end)}`;
}

/** "1 ack", "2 acks". */
export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** The sum of all counts, whatever they are counted by. */
export const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, number) => sum + number, 0);

/** A list in words: "a", "a and b", "a, b and c". */
export function inWords(items: readonly string[]): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}
