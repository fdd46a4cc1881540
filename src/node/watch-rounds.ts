/**
 * When watches are told of what was applied: at once, or together with what follows. Telling many watches costs a write
 * to each connection, so after each round they rest for several times what it cost. Whatever the rate of writes, they
 * take a small part of the leader's time; at low rates nothing waits.
 */
import type { Entry, Instant } from "../replication/types.ts";
import { entryBytes } from "../replication/views.ts";
import type { Cancel, Clock } from "./ports.ts";

/** For each watch that was told: more than ten times what a write to its connection costs. */
const restMsPerWatch = 0.1;
/** A shorter rest is none: a few watches cost too little. */
const restMsMin = 2.5;
/** Entries of so many bytes do not wait. */
const waitingBytesMax = 1024 * 1024;

/** Gathers applied entries into rounds. */
export class WatchRounds {
  readonly #clock: Clock;
  readonly #tell: (entries: readonly Entry[]) => number;
  /** In the order applied. */
  #waiting: Entry[] = [];
  #bytes = 0;
  #restUntil: Instant = 0;
  #soon: Cancel | undefined;
  #closed = false;

  /** `tell` returns how many watches it told. */
  constructor(clock: Clock, tell: (entries: readonly Entry[]) => number) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Tells of these entries and those that wait, now or soon. */
  add(entries: readonly Entry[]): void {
    const restMs = this.#closed ? 0 : this.#restUntil - this.#clock.now();
    if (restMs <= 0 && this.#waiting.length === 0) {
      this.#round(entries);
      return;
    }
    for (const entry of entries) {
      this.#waiting.push(entry);
      this.#bytes += entryBytes(entry);
    }
    if (restMs <= 0 || this.#bytes >= waitingBytesMax) this.tellNow();
    else this.#soon ??= this.#clock.after(restMs, () => this.tellNow());
  }

  /** Tells of what waits. */
  tellNow(): void {
    const entries = this.#waiting;
    this.drop();
    if (entries.length > 0) this.#round(entries);
  }

  /** Forgets what waits. */
  drop(): void {
    this.#soon?.();
    this.#soon = undefined;
    this.#waiting = [];
    this.#bytes = 0;
  }

  /** Nothing waits from now on. */
  close(): void {
    this.#closed = true;
    this.tellNow();
  }

  #round(entries: readonly Entry[]): void {
    const restMs = this.#tell(entries) * restMsPerWatch;
    this.#restUntil = restMs < restMsMin ? 0 : this.#clock.now() + restMs;
  }
}
