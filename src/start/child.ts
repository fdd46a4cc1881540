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
import { processStopMsMax } from "../node/stopping.ts";
import type { ProcessAction, ProcessState } from "../process-control.ts";
import { compiledCode } from "./compiled-code.ts";
import type { PlannedNode } from "./plan.ts";
import { v8Flags } from "./v8-flags.ts";

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
  readonly state: ProcessState;
  /** Resolves once the node was ready for the first time, or was stopped before that. */
  readonly firstReady: Promise<void>;
  /** What somebody asked on the page. */
  act(action: ProcessAction): void;
  /** Asks the process to end, and kills it after that many milliseconds. Resolves to whether it did. */
  stop(patienceMs: number): Promise<boolean>;
  /** Kills the process at once; true if there was one. */
  kill(): boolean;
}

const leash = fileURLToPath(new URL("leash.ts", import.meta.url));
/** Milliseconds between two questions whether the node is ready. */
const readinessPollMs = 100;
/** Milliseconds before a restart; doubled each time. */
const backOffMs = { first: 500, max: 30_000 };
/** After a node was ready for so many milliseconds, back-off starts again from its minimum. */
const provenAfterMs = 10_000;

/** A frozen process is thawed after so many milliseconds, in case that everybody has forgotten it. */
const frozenMsMax = 300_000;

/** Starts the process, and keeps it running until `stop` or `kill`. `program`: the path of its main file. */
export const startChild = (node: PlannedNode, program: string, events: ChildEvents): Child =>
  new KeptProcess(node, program, events);

class KeptProcess implements Child {
  readonly node: PlannedNode;
  readonly #program: string;
  readonly #events: ChildEvents;
  readonly #stopping = new AbortController();
  readonly #firstReady = Promise.withResolvers<void>();
  readonly #finished: Promise<void>;
  #running: ChildProcess | undefined;
  #state: ProcessState = "starting";
  /** Set from the request to stop or restart until the process has ended. */
  #asked: "stop" | "restart" | undefined;
  /** Ends what the process waits for: a restart, or a thaw. */
  #wake = new AbortController();

  constructor(node: PlannedNode, program: string, events: ChildEvents) {
    this.node = node;
    this.#program = program;
    this.#events = events;
    this.#finished = this.#keepRunning();
  }

  get pid(): number | undefined {
    return this.#running?.pid;
  }

  get state(): ProcessState {
    return this.#state;
  }

  get firstReady(): Promise<void> {
    return this.#firstReady.promise;
  }

  async #keepRunning(): Promise<void> {
    let restartInMs = backOffMs.first;
    while (!this.#stopping.signal.aborted) {
      const { cause, provenMs } = await this.#runOnce();
      const { node } = this;
      if (this.#stopping.signal.aborted) return;
      if (this.#asked === undefined) {
        if (provenMs > provenAfterMs) restartInMs = backOffMs.first;
        this.#state = "starting";
        this.#events.died(node, { cause, restartInMs });
        await this.#wait(restartInMs);
        restartInMs = Math.min(restartInMs * 2, backOffMs.max);
      }
      if (this.#asked === "stop") {
        this.#state = "stopped";
        await this.#wait(undefined);
      }
      this.#asked = undefined;
    }
  }

  async #runOnce(): Promise<{ cause: string; provenMs: number }> {
    const { node } = this;
    this.#state = "starting";
    const child = spawn(process.execPath, [...v8Flags, "--import", leash, this.#program], {
      env: { ...compiledCode, ...node.env },
      stdio: ["pipe", "pipe", "pipe"],
      // A process group of its own: the terminal's Ctrl-C reaches the launcher, which stops the
      // nodes in order, instead of reaching everybody at once.
      detached: true,
    });
    this.#running = child;
    // An error from writing to a process that has just died must not end the launcher.
    child.stdin.on("error", () => undefined);
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => this.#events.printed(node, line));
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
      if (this.#state === "starting") this.#state = "ready";
      this.#events.ready(node, child.pid ?? 0);
      this.#firstReady.resolve();
    });
    const cause = await ended;
    this.#running = undefined;
    this.#nudge();
    watching.abort();
    await watched;
    return { cause, provenMs: performance.now() - readyAt };
  }

  /** Until somebody restarts or stops it; undefined: for no longer than that. */
  async #wait(ms: number | undefined): Promise<void> {
    const signal = AbortSignal.any([this.#stopping.signal, this.#wake.signal]);
    if (signal.aborted) return;
    if (ms === undefined) await once(signal, "abort");
    else await wait(ms, undefined, { signal }).catch(() => undefined);
  }

  #nudge(): void {
    this.#wake.abort();
    this.#wake = new AbortController();
  }

  act(action: ProcessAction): void {
    switch (action) {
      case "kill":
        this.kill();
        return;
      case "freeze":
        this.#freeze();
        return;
      case "thaw":
        this.#thaw();
        return;
      case "stop":
      case "restart":
        // One that has been stopped stays so.
        if (action === "stop" && this.#state === "stopped") return;
        this.#asked = action;
        if (this.#running === undefined) this.#nudge();
        else this.#terminate(processStopMsMax);
    }
  }

  #freeze(): void {
    if (this.#running?.kill("SIGSTOP") !== true) return;
    this.#state = "frozen";
    void wait(frozenMsMax, undefined, { signal: this.#wake.signal, ref: false }).then(
      () => this.#thaw(),
      () => undefined,
    );
  }

  #thaw(): void {
    if (this.#state !== "frozen") return;
    this.#running?.kill("SIGCONT");
    this.#state = "ready";
    this.#nudge();
  }

  /** Asks the process to end, and kills it if it does not. Returns how to find out whether it was. */
  #terminate(patienceMs: number): () => boolean {
    const child = this.#running;
    let killed = false;
    const lastResort = setTimeout(() => {
      killed = child?.kill("SIGKILL") ?? false;
    }, patienceMs);
    child?.once("close", () => clearTimeout(lastResort));
    if (child === undefined) clearTimeout(lastResort);
    this.#thaw();
    child?.kill("SIGTERM");
    return () => killed;
  }

  async stop(patienceMs: number): Promise<boolean> {
    this.#stopping.abort();
    const wasKilled = this.#terminate(patienceMs);
    await this.#finished;
    this.#firstReady.resolve();
    return wasKilled();
  }

  kill(): boolean {
    return this.#running?.kill("SIGKILL") ?? false;
  }
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
