/**
 * The process of one node: started, watched until it is ready, restarted with back-off whenever it
 * dies, and stopped in the end.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { PlannedNode } from "./plan.ts";

/** What the launcher is told of its processes. */
export interface ChildEvents {
  /** The node answers `/readyz` with 200, after this start of its process. */
  ready(node: PlannedNode, pid: number): void;
  /** Its process ended without being asked to, and starts again after `restartInMs` milliseconds. */
  died(node: PlannedNode, how: { readonly cause: string; readonly restartInMs: number }): void;
  /** Its process printed a line, such as one of the log. */
  printed(node: PlannedNode, line: string): void;
}

/** A node whose process is kept running. */
export interface Child {
  readonly node: PlannedNode;
  /** The process that runs now; undefined between two processes. */
  readonly pid: number | undefined;
  /** Resolves once the node was ready for the first time, or was stopped before that. */
  readonly firstReady: Promise<void>;
  /** Asks the process to end, and kills it after that many milliseconds. Resolves to whether it did. */
  stop(patienceMs: number): Promise<boolean>;
  /** Kills the process at once; true if there was one. */
  kill(): boolean;
}

/**
 * By default V8 lets the young generation grow to three times 64 MiB, and the old one to four times the
 * live objects before it collects. With these flags a busy leader takes about 170 MiB less, and is no
 * slower.
 */
const v8Flags = ["--max-semi-space-size=16", "--heap-growing-percent=100"];
const leash = fileURLToPath(new URL("leash.ts", import.meta.url));
/** Milliseconds between two questions whether the node is ready. */
const readinessPollMs = 100;
/** Milliseconds before a restart; doubled each time. */
const backOffMs = { first: 500, max: 30_000 };
/** After a node was ready for so many milliseconds, back-off starts again from its minimum. */
const provenAfterMs = 10_000;

/** Starts the process, and keeps it running until `stop` or `kill`. `program`: the path of its main file. */
export function startChild(node: PlannedNode, program: string, events: ChildEvents): Child {
  const stopping = new AbortController();
  const firstReady = Promise.withResolvers<void>();
  let running: ChildProcess | undefined;

  async function runOnce(): Promise<{ cause: string; provenMs: number }> {
    const child = spawn(process.execPath, [...v8Flags, "--import", leash, program], {
      env: node.env,
      stdio: ["pipe", "pipe", "pipe"],
      // A process group of its own: the terminal's Ctrl-C reaches the launcher, which stops the
      // nodes in order, instead of reaching everybody at once.
      detached: true,
    });
    running = child;
    // An error from writing to a process that has just died must not end the launcher.
    child.stdin.on("error", () => undefined);
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => events.printed(node, line));
    }
    const ended = once(child, "close").then(
      ([code, signal]) => (signal === null ? `exit code ${code}` : `signal ${signal}`),
      (error: Error) => error.message,
    );
    const watching = new AbortController();
    let readyAt = Number.POSITIVE_INFINITY;
    const watched = untilReady(node.url, watching.signal).then((isReady) => {
      if (!isReady) return;
      readyAt = performance.now();
      events.ready(node, child.pid ?? 0);
      firstReady.resolve();
    });
    const cause = await ended;
    running = undefined;
    watching.abort();
    await watched;
    return { cause, provenMs: performance.now() - readyAt };
  }

  async function keepRunning(): Promise<void> {
    let restartInMs = backOffMs.first;
    while (!stopping.signal.aborted) {
      const { cause, provenMs } = await runOnce();
      if (stopping.signal.aborted) return;
      if (provenMs > provenAfterMs) restartInMs = backOffMs.first;
      events.died(node, { cause, restartInMs });
      await wait(restartInMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      restartInMs = Math.min(restartInMs * 2, backOffMs.max);
    }
  }

  const finished = keepRunning();
  return {
    node,
    get pid() {
      return running?.pid;
    },
    firstReady: firstReady.promise,
    async stop(patienceMs) {
      stopping.abort();
      let killed = false;
      const lastResort = setTimeout(() => {
        killed = running?.kill("SIGKILL") ?? false;
      }, patienceMs);
      running?.kill("SIGTERM");
      await finished;
      clearTimeout(lastResort);
      firstReady.resolve();
      return killed;
    },
    kill: () => running?.kill("SIGKILL") ?? false,
  };
}

/** Resolves to true once `/readyz` answers 200, or to false once the signal is aborted. */
async function untilReady(url: string, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const status = await statusOf(`${url}/readyz`, signal).catch(() => undefined);
    if (status === 200) return true;
    await wait(readinessPollMs, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

/**
 * The status of a GET, straight to the node whatever proxy the environment names for other hosts.
 * Rejects when no whole answer came, or when the signal is aborted.
 */
const statusOf = (url: string, signal: AbortSignal): Promise<number> =>
  new Promise((resolve, reject) => {
    // Only the global agent of Node, which fetch uses too, knows of proxies.
    const sent = get(url, { agent: false, signal }, (answer) => {
      answer.on("error", reject);
      answer.on("end", () => resolve(answer.statusCode ?? 0));
      answer.resume();
    });
    sent.on("error", reject);
  });
