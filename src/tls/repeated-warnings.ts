/** Warnings that would come with every attempt of a peer. */
import { PacedLog } from "../node/paced-log.ts";
import type { Log } from "../node/ports.ts";

/** Writes each warning once a minute, and all of them no more often than a bound. */
export class RepeatedWarnings {
  readonly #lines: PacedLog;

  constructor(log: Log) {
    this.#lines = new PacedLog(log, () => performance.now());
  }

  warn(fields: Readonly<Record<string, string>>, message: string): void {
    const { peer, ...rest } = fields;
    // A peer comes from another port each time.
    const host = peer?.replace(/:\d+$/, "");
    this.#lines.warn(JSON.stringify([message, host, rest]), fields, message);
  }
}
