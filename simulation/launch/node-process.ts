/** One node of our own: a child process that says its last words when it dies. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { unreachable } from "../errors.ts";

const entryPoint = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
/** Ends a node whose standard input closes, so that none outlives us, however we end. */
const leash = fileURLToPath(new URL("../../src/start/leash.ts", import.meta.url));
const lastWordsMax = 20;
/** A node promises to stop within 5 s. */
const stopLimitMs = 7000;

export class NodeProcess {
  readonly id: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #lastWords: string[] = [];

  constructor(id: string, settings: Readonly<Record<string, string>>) {
    this.id = id;
    this.#child = spawn(process.execPath, ["--import", leash, entryPoint], {
      // Only what a program needs to run at all: no setting of ours may leak into the experiment.
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...settings },
      stdio: ["pipe", "pipe", "pipe"],
      // A group of its own: Ctrl-C is for us to handle, and we stop the nodes when we are done.
      detached: true,
    });
    this.#exited = once(this.#child, "exit");
    this.#child.stdin?.on("error", () => undefined);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => this.#remember(text));
    }
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Throws with the node's last words if it is not running any more. */
  assertRunning(): void {
    if (this.running) return;
    const end = this.#child.signalCode ?? `exit code ${this.#child.exitCode}`;
    throw unreachable(`${this.id} ended (${end}): ${this.#lastWords.join("\n")}`);
  }

  async stop(): Promise<void> {
    if (!this.running) return;
    const limit = setTimeout(() => this.#child.kill("SIGKILL"), stopLimitMs);
    this.#child.kill("SIGTERM");
    await this.#exited;
    clearTimeout(limit);
  }

  /** For the end of our own process, when nothing can be awaited any more. */
  kill(): void {
    if (this.running) this.#child.kill("SIGKILL");
  }

  #remember(text: string): void {
    this.#lastWords.push(...text.split("\n").filter((line) => line !== ""));
    this.#lastWords.splice(0, this.#lastWords.length - lastWordsMax);
  }
}
