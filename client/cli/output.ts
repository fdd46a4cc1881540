/** The results of a command, in the form that was asked for. */
import { once } from "node:events";
import type { Io } from "./io.ts";
import { escapedJson, visible } from "./terminal/visible.ts";

export const formats = ["table", "json", "raw"] as const;
export type Format = (typeof formats)[number];

/** One result in each of its forms, made only when it is asked for. */
export type Shown = Readonly<Record<Format, () => string>>;

/** Standard output of one command. */
export class Output {
  readonly #io: Io;
  readonly #format: Format;

  constructor(io: Io, format: Format) {
    this.#io = io;
    this.#format = format;
  }

  /** The text is made with `visible` where it is a table; else a terminal gets it escaped. */
  async show(shown: Shown): Promise<void> {
    const text = shown[this.#format]();
    const { isTTY = false } = this.#io.stdout;
    const safe = { table: (given: string) => given, json: escapedJson, raw: visible };
    await this.write(isTTY ? safe[this.#format](text) : text);
  }

  /** One line. Waits for a reader that is behind. */
  async write(line: string): Promise<void> {
    const { stdout, signal } = this.#io;
    if (!stdout.write(`${line}\n`)) await once(stdout, "drain", { signal }).catch(() => undefined);
  }

  /** For people, on standard error. */
  note(text: string): void {
    this.#io.stderr.write(`kv: ${visible(text)}\n`);
  }
}
