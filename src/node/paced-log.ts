/**
 * Log lines that others cause, who could cause them without end. The same line is written once a minute,
 * and all of them together no more often than a bound. What is left out is counted, and the next line says so.
 */
import type { Log } from "./ports.ts";

const windowMs = 60_000;
/**
 * Lines in one window.
 * @public Tests cause more.
 */
export const pacedLinesMax = 30;

type Level = "info" | "warn" | "error";

/** A line that was written, since when, and how often it was left out after that. */
interface Told {
  readonly at: number;
  more: number;
}

/** The lines of one kind: others of another kind cannot silence them. */
export class PacedLog {
  readonly #log: Log;
  readonly #now: () => number;
  /** By what they are about, the oldest first. Invariant: at most `pacedLinesMax` for each of two windows. */
  readonly #told = new Map<string, Told>();
  #windowAt = Number.NEGATIVE_INFINITY;
  /** Lines in this window. */
  #lines = 0;
  /** Lines left out since the last one was written, beside those that its own count says. */
  #others = 0;

  /** `now`: milliseconds of a clock that never goes back. */
  constructor(log: Log, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  /** `about`: what makes it the same line; parts that differ each time, such as ports, are not in it. */
  info(about: string, fields: object, message: string): void {
    this.#tell("info", about, { fields, message });
  }

  /** The same for a warning. */
  warn(about: string, fields: object, message: string): void {
    this.#tell("warn", about, { fields, message });
  }

  /** The same for an error. */
  error(about: string, fields: object, message: string): void {
    this.#tell("error", about, { fields, message });
  }

  /** What began like this is over: the next such line is news. */
  forget(start: string): void {
    for (const about of this.#told.keys()) if (about.startsWith(start)) this.#told.delete(about);
  }

  /** Lines that are remembered. */
  get size(): number {
    return this.#told.size;
  }

  #tell(level: Level, about: string, line: { fields: object; message: string }): void {
    const now = this.#now();
    const told = this.#told.get(about);
    if (told !== undefined && now - told.at < windowMs) {
      told.more += 1;
      return;
    }
    if (now - this.#windowAt >= windowMs) {
      this.#windowAt = now;
      this.#lines = 0;
    }
    if (this.#lines >= pacedLinesMax) {
      this.#others += 1;
      return;
    }
    this.#lines += 1;
    this.#told.delete(about);
    this.#forgetOld(now);
    this.#told.set(about, { at: now, more: 0 });
    const left = leftOut(told?.more ?? 0, this.#others);
    this.#others = 0;
    this.#log[level]({ ...line.fields, ...left.fields }, `${line.message}${left.said}`);
  }

  #forgetOld(now: number): void {
    for (const [about, { at, more }] of this.#told) {
      if (now - at < windowMs) return;
      this.#told.delete(about);
      this.#others += more;
    }
  }
}

/** What a line says of those that were left out before it. */
function leftOut(same: number, others: number): { readonly fields: object; readonly said: string } {
  const parts = [
    ...(same === 0 ? [] : [`${same} more of the same`]),
    ...(others === 0 ? [] : [`${others} others`]),
  ];
  if (parts.length === 0) return { fields: {}, said: "" };
  const fields = { ...(same === 0 ? {} : { same }), ...(others === 0 ? {} : { others }) };
  return { fields, said: ` (not written since: ${parts.join(", ")})` };
}
