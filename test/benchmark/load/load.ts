/**
 * Closed-loop load from another process, over connections that stay open. HTTP comes from wrk where it is installed, and
 * from autocannon elsewhere; both speak TLS to an https URL without checking the certificate.
 */
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";

export type HttpWorkload = "kv-put" | "etcd-put" | "kv-get" | "etcd-get";
/** `kv-bulk`: single puts over BulkWrite. `redis-set`: SETs in a pipeline, with a WAIT behind each group. */
type Workload = HttpWorkload | "kv-bulk" | "redis-set";

export interface Figures {
  /** Successful answers per second. */
  readonly rate: number;
  readonly answered: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface LoadOptions {
  readonly url: string;
  readonly workload: Workload;
  readonly connections: number;
  readonly seconds: number;
  /** 64 if absent. */
  readonly valueBytes?: number | undefined;
  /** What each request shows; absent: nothing. */
  readonly token?: string | undefined;
  /** Unanswered writes of a connection, where it may have several. */
  readonly inFlight?: number | undefined;
  /** Replicas that a WAIT waits for. */
  readonly quorum?: number | undefined;
}

const figuresSchema = z.object({
  answered: z.number(),
  failed: z.number(),
  seconds: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
});

const hasWrk = spawnSync("wrk", ["--version"], { stdio: "ignore" }).error === undefined;
export const generator = hasWrk ? "wrk, one thread" : "autocannon, as wrk is not installed";
const here = import.meta.dirname;

export async function load(run: LoadOptions): Promise<Figures> {
  const { program, args, env } = commandFor(run);
  const { stdout } = await promisify(execFile)(program, args, { env });
  const line = stdout.split("\n").find((text) => text.startsWith("{")) ?? "";
  const figures = figuresSchema.parse(JSON.parse(line));
  const rate = Math.max(0, figures.answered - figures.failed) / figures.seconds;
  return { ...figures, rate };
}

/** The same load without an end and without figures. Returns what ends it. */
export function startLoad(run: Omit<LoadOptions, "seconds">): () => Promise<void> {
  const { program, args, env } = commandFor({ ...run, seconds: 24 * 3600 });
  const child = spawn(program, args, { env, stdio: "ignore" });
  return async () => {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${program} ended under the measurement`);
    child.kill("SIGKILL");
    await once(child, "exit");
  };
}

function commandFor(run: LoadOptions) {
  const { url, workload, connections, seconds, valueBytes = 64, token = "" } = run;
  const env = { ...process.env, KV_TOKEN: token };
  if (workload === "kv-bulk" || workload === "redis-set") {
    const file = join(here, workload === "kv-bulk" ? "bulk-load.ts" : "redis-load.ts");
    const { inFlight = 1, quorum = 0 } = run;
    const args = [file, url, connections, seconds, valueBytes, inFlight, quorum].map(String);
    return { program: process.execPath, args, env };
  }
  if (!hasWrk) {
    const file = join(here, "autocannon-load.ts");
    const args = [file, url, workload, connections, seconds, valueBytes].map(String);
    return { program: process.execPath, args, env };
  }
  // wrk knows whole seconds only.
  const duration = `${Math.max(1, Math.round(seconds))}s`;
  const args = [
    ...["--threads", "1", "--connections", `${connections}`, "--duration", duration],
    ...["--timeout", "10s", "--script", join(here, "load.lua")],
    ...[url, "--", workload, `${valueBytes}`],
  ];
  return { program: "wrk", args, env };
}
