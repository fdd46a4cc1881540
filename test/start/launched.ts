/** An `npm start` of a test's own: on free ports, its output collected, never left running. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { readOptions } from "../../src/start/command-line.ts";
import { findTakenPort } from "../../src/start/free-ports.ts";
import { planCluster } from "../../src/start/plan.ts";

const root = resolve(import.meta.dirname, "../..");

/** A base port whose REST and gRPC ports are all free for a leader and five followers. */
export async function freeBasePort(): Promise<number> {
  for (;;) {
    const candidate = 20_000 + Math.floor(Math.random() * 10_000);
    const nodes = planCluster(readOptions(["--memory", "--base-port", String(candidate)]), {});
    if ((await findTakenPort(nodes)) === undefined) return candidate;
  }
}

export class Launched {
  readonly process: ChildProcess;
  readonly #ended: Promise<number | null>;
  #printed = "";

  /** The command must be one that starts the launcher; options follow it. */
  constructor(command: readonly [string, ...string[]], options: readonly string[]) {
    const [program, ...args] = command;
    this.process = spawn(program, [...args, ...options], {
      cwd: root,
      // A busy machine elects nobody; whoever wants an election says so in the command.
      env: { ELECTION_TIMEOUT: "5000", ...process.env },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, as a terminal gives to each command.
      detached: true,
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.#printed += chunk;
        this.process.emit("printed");
      });
    }
    this.#ended = once(this.process, "close").then(([code]) => code);
  }

  get printed(): string {
    return this.#printed;
  }

  /** Resolves when the text was printed that many times; rejects when the launcher ends before. */
  async prints(text: string, times = 1): Promise<void> {
    while (this.#printed.split(text).length <= times) {
      const isOver = await Promise.race([
        once(this.process, "printed").then(() => false),
        this.#ended.then(() => true),
      ]);
      if (isOver) throw new Error(`ended before it printed ${text}:\n${this.#printed}`);
    }
  }

  /** To the whole process group, as Ctrl-C in a terminal. */
  interrupt(): void {
    if (this.process.pid !== undefined) process.kill(-this.process.pid, "SIGINT");
  }

  /** Its exit code; null when a signal ended it. */
  ended(): Promise<number | null> {
    return this.#ended;
  }

  async dispose(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill("SIGKILL");
    }
    await this.#ended;
  }
}

/** On a busy machine a leader may warn that nobody took over in time. */
export const stopsInOrder = (nodes: number): RegExp =>
  new RegExp(`^Stopping ${nodes} nodes\\n(?:\\w+ +warn: .*\\n)*All nodes stopped\\.\\n`, "m");

/** Node runs the launcher itself; `npm start` comes down to this. */
export const launcher: readonly [string, ...string[]] = [process.execPath, "src/start/main.ts"];
export const npmStart: readonly [string, ...string[]] = ["npm", "start", "--"];
