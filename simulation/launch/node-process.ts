/** One node of our own: a child process whose last lines of output explain an unexpected end. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { unreachable } from "../errors.ts";

const entryPoint = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
/** Ends a node whose standard input closes, so that no node keeps running when this program ends. */
const leash = fileURLToPath(new URL("../../src/start/leash.ts", import.meta.url));
const lastLinesMax = 20;
/** A node stops within 5 s; after this long it is killed. */
const stopLimitMs = 7000;

/**
 * A running node. It is started by the constructor; whether it serves is for `waitUntilReady`
 * to find out.
 */
export class NodeProcess {
  readonly id: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #lastLines: string[] = [];

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

  /** Throws with the node's last lines of output if it no longer runs. */
  assertRunning(): void {
    if (this.running) return;
    const end = this.#child.signalCode ?? `exit code ${this.#child.exitCode}`;
    throw unreachable(`${this.id} ended (${end}): ${this.#lastLines.join("\n")}`);
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
    this.#lastLines.push(...text.split("\n").filter((line) => line !== ""));
    this.#lastLines.splice(0, this.#lastLines.length - lastLinesMax);
  }
}
