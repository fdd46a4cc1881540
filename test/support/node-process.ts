/** One node as a real process that can be killed, stopped in its tracks, wiped and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { compiledCode } from "../../src/start/compiled-code.ts";
import { v8Flags } from "../../src/start/v8-flags.ts";

const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const leash = fileURLToPath(new URL("../../src/start/leash.ts", import.meta.url));
/** A sure sign that something hangs, on a machine where six nodes share two cores. */
const READY_WITHIN_MS = 150_000;

export interface NodeSettings {
  readonly id: string;
  readonly port: number;
  readonly grpcPort: number;
  /** The environment of the process, complete. */
  readonly env: Readonly<Record<string, string>>;
  /** Empty: memory. */
  readonly dataDir: string;
  readonly logFile: string;
}

export interface StartOptions {
  /** Modules loaded before the program. */
  readonly preload?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export class NodeProcess {
  readonly id: string;
  readonly grpcPort: number;
  readonly settings: NodeSettings;
  #child: ChildProcess | undefined;
  #options: StartOptions = {};

  constructor(settings: NodeSettings) {
    this.id = settings.id;
    this.grpcPort = settings.grpcPort;
    this.settings = settings;
  }

  /** Where it is reached since it was started last. */
  get url(): string {
    const env = { ...this.settings.env, ...this.#options.env };
    const isSecure = env["TLS_CERT"] !== undefined && env["TLS_MODE"] !== "permissive";
    return `${isSecure ? "https" : "http"}://127.0.0.1:${this.settings.port}`;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) {
      throw new Error(`${this.id} is not running`);
    }
    return pid;
  }

  /** Starts the process; without options, as it was started last time. Does not wait. */
  start(options: StartOptions = this.#options): void {
    if (this.#child !== undefined) {
      throw new Error(`${this.id} is running already`);
    }
    this.#options = options;
    if (this.settings.dataDir !== "") {
      mkdirSync(this.settings.dataDir, { recursive: true });
    }
    const log = openSync(this.settings.logFile, "a");
    const imports = [leash, ...(options.preload ?? [])].flatMap((file) => ["--import", file]);
    const child = spawn(process.execPath, [...v8Flags, ...imports, program], {
      env: { ...compiledCode, ...this.settings.env, ...options.env },
      stdio: ["pipe", log, log],
    });
    closeSync(log);
    child.stdin?.on("error", () => undefined);
    child.once("exit", () => {
      if (this.#child === child) {
        this.#child = undefined;
      }
    });
    this.#child = child;
  }

  /** Waits until the node says it is ready. Throws with its log if it ends or never is. */
  async untilReady(withinMs: number = READY_WITHIN_MS): Promise<void> {
    await this.until("/readyz", () => true, withinMs);
  }

  /** Asks the node until it answers 200 with a body that satisfies. */
  async until<Body>(
    path: string,
    satisfies: (body: Body) => boolean,
    withinMs: number = READY_WITHIN_MS,
  ): Promise<Body> {
    const giveUpAt = performance.now() + withinMs;
    let last = "no answer";
    for (let pauseMs = 10; performance.now() < giveUpAt; pauseMs = Math.min(pauseMs * 1.5, 150)) {
      if (!this.isRunning) {
        throw new Error(`${this.id} ended while it was waited for\n${this.logTail()}`);
      }
      try {
        const signal = AbortSignal.timeout(5000);
        const response = await fetch(this.url + path, { signal });
        const text = await response.text();
        last = `${response.status} ${text.slice(0, 500)}`;
        if (response.ok) {
          const body = text.startsWith("{") ? (JSON.parse(text) as Body) : (text as Body);
          if (satisfies(body)) {
            return body;
          }
        }
      } catch (error) {
        last = String(error instanceof Error ? (error.cause ?? error) : error);
      }
      await wait(pauseMs);
    }
    throw new Error(`${this.id}: ${path} did not satisfy in time: ${last}\n${this.logTail()}`);
  }

  /** Power off: nothing that the process has not flushed survives in its own memory. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Asks it to end in good order. Returns the exit code, null if it had to be killed. */
  async stop(withinMs = READY_WITHIN_MS): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) {
      return 0;
    }
    const lastResort = setTimeout(() => child.kill("SIGKILL"), withinMs);
    await this.#end("SIGTERM");
    clearTimeout(lastResort);
    return child.exitCode;
  }

  /** Stops it in its tracks: it keeps its connections and answers nothing. */
  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  /** Acts as a full disk does: from now on, no file of the process grows beyond this. */
  async limitFiles(bytes: number): Promise<void> {
    await this.#setFileLimit(String(bytes));
  }

  /** Makes room again. */
  async freeDisk(): Promise<void> {
    await this.#setFileLimit("unlimited");
  }

  /** The size of the largest file on its disk. */
  largestFileBytes(): number {
    const files = readdirSync(this.settings.dataDir, { withFileTypes: true, recursive: true });
    const sizes = files
      .filter((file) => file.isFile())
      .map((file) => statSync(join(file.parentPath, file.name)).size);
    return Math.max(0, ...sizes);
  }

  /** Only the soft limit, which needs no privilege to be raised again. Gone with the process. */
  async #setFileLimit(limit: string): Promise<void> {
    if (this.#child !== undefined) {
      const tool = spawn("prlimit", ["--pid", String(this.pid), `--fsize=${limit}:`]);
      const [code] = await once(tool, "exit");
      if (code !== 0) {
        throw new Error(`prlimit ended with ${code}`);
      }
    }
  }

  /** Takes its disk away; it must not be running. */
  wipe(): void {
    if (this.#child !== undefined) {
      throw new Error(`${this.id} is running`);
    }
    rmSync(this.settings.dataDir, { recursive: true, force: true });
  }

  /** The end of its log. */
  logTail(lines = 40): string {
    const text = readFileSync(this.settings.logFile, { encoding: "utf8", flag: "a+" });
    return [`--- ${this.id} ---`, ...text.trimEnd().split("\n").slice(-lines)].join("\n");
  }

  /** Waits until its log has this text: what a node does may be seen before the line that it writes. */
  async untilLogged(text: string, withinMs: number = READY_WITHIN_MS): Promise<void> {
    const giveUpAt = performance.now() + withinMs;
    while (!this.logTail().includes(text)) {
      if (performance.now() > giveUpAt) throw new Error(`no "${text}" in\n${this.logTail()}`);
      await wait(20);
    }
  }

  /** For a test that ends without closing. */
  killNow(): void {
    this.#child?.kill("SIGKILL");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined) {
      return;
    }
    const exited = once(child, "exit");
    child.kill(signal);
    if (signal === "SIGTERM") {
      // A frozen process gets the news only when it goes on.
      child.kill("SIGCONT");
    }
    await exited;
  }
}
