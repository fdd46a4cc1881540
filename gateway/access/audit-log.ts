/**
 * The audit log: one JSON line for each call that it is about, in the order in which the calls ended. It never makes a
 * call wait: lines queue up to a bound, and what finds no room is counted and said in the next line that does.
 */
import type { Log } from "../../src/node/ports.ts";
import { type AuditSink, openSink } from "./audit-sink.ts";
import type { Visit } from "./visit.ts";

/** Characters of the lines that wait to be written. */
const waitingMax = 8 * 1024 * 1024;
/** Characters of what a client says of itself, in one line. */
const saidMax = 256;
/** Characters that one write takes. */
const chunkMax = 256 * 1024;
/** Milliseconds before lines that could not be written are tried again. */
const retryMs = 1000;

/** What an audit log needs. */
interface AuditOptions {
  /** A path, or `-` for standard output. */
  readonly to: string;
  /** The id of this node. */
  readonly node: string;
  readonly log: Log;
  /** Counts a line that found no room. */
  readonly dropped: () => void;
  /** Wall-clock milliseconds since 1970. */
  readonly now: () => number;
}

/** Takes notes at once, and writes them when it can. */
export class AuditLog {
  readonly #options: AuditOptions;
  readonly #sink: AuditSink;
  #waiting: string[] = [];
  /** Characters in `#waiting`. */
  #size = 0;
  /** Lines that found no room. From the first one on none is taken until all before are written. */
  #dropped = 0;
  /** Undefined: nothing is being written. */
  #writing: Promise<void> | undefined;
  #closing = new AbortController();

  /** Rejects with one sentence where the file cannot be written. */
  static async open(options: AuditOptions): Promise<AuditLog> {
    return new AuditLog(options, await openSink(options.to));
  }

  private constructor(options: AuditOptions, sink: AuditSink) {
    this.#options = options;
    this.#sink = sink;
  }

  /** `outcome`: OK or an error code. */
  note({ caller, call, keys }: Visit, outcome: string): void {
    // Proxies add what they know at the end; what comes before may be the client's own words.
    const { id: actor, role, address, forwardedFor, via } = caller;
    this.#add({
      ...{ actor, role, via, address, call: call.replace(/\?.*$/s, "").slice(0, saidMax) },
      ...(forwardedFor === "" ? {} : { forwardedFor: forwardedFor.slice(-saidMax) }),
      ...(keys.length === 0 ? {} : { keys }),
      outcome,
    });
  }

  /** Writes what waits, if that takes no longer than a moment, and closes the file. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#writing;
    await this.#sink.close();
  }

  #add(fields: object): void {
    if (this.#dropped > 0 || this.#size >= waitingMax) {
      this.#dropped += 1;
      this.#options.dropped();
      return;
    }
    this.#push(fields);
  }

  #push(fields: object): void {
    const { node, now } = this.#options;
    const line = `${JSON.stringify({ time: new Date(now()).toISOString(), node, ...fields })}\n`;
    this.#waiting.push(line);
    this.#size += line.length;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
  }

  async #writeAll(): Promise<void> {
    // All notes of one turn are written together.
    await new Promise((resolve) => setImmediate(resolve));
    let failing = false;
    while (this.#waiting.length > 0 || this.#sayDropped()) {
      const lines = this.#take();
      try {
        await this.#sink.write(lines);
        if (failing) this.#options.log.info({}, "audit log: can be written again");
        failing = false;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (!failing) {
          this.#options.log.error(
            { reason },
            "audit log: cannot be written; lines wait, up to a bound",
          );
        }
        failing = true;
        this.#waiting = [...lines, ...this.#waiting];
        if (!(await this.#pause())) return;
        continue;
      }
      for (const line of lines) this.#size -= line.length;
    }
  }

  /** Says how many lines are missing here; false where none is. */
  #sayDropped(): boolean {
    const dropped = this.#dropped;
    this.#dropped = 0;
    if (dropped > 0) this.#push({ call: "audit log", outcome: "DROPPED", dropped });
    return dropped > 0;
  }

  /** The lines of the next write. */
  #take(): readonly string[] {
    let size = 0;
    const end = this.#waiting.findIndex((line) => {
      size += line.length;
      return size > chunkMax;
    });
    return this.#waiting.splice(0, end < 1 ? (end === 0 ? 1 : this.#waiting.length) : end);
  }

  /** False when the node stops: then there is no second try. */
  #pause(): Promise<boolean> {
    const { signal } = this.#closing;
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(true), retryMs);
      signal.addEventListener(
        "abort",
        () => {
          clearTimeout(timer);
          resolve(true);
        },
        { once: true },
      );
    });
  }
}
