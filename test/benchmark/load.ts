/**
 * Closed-loop load from another process: wrk where it is installed, autocannon elsewhere. Both keep their connections,
 * and speak TLS to an https URL without checking the certificate.
 */
import { execFile, spawnSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";

export type Workload = "kv-put" | "etcd-put" | "kv-get" | "etcd-get";

export interface Figures {
  /** Successful answers per second. */
  readonly rate: number;
  readonly answered: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const figuresSchema = z.object({
  answered: z.number(),
  failed: z.number(),
  seconds: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
});

const hasWrk = spawnSync("wrk", ["--version"], { stdio: "ignore" }).error === undefined;
export const generator = hasWrk ? "wrk, one thread" : "autocannon";
const here = import.meta.dirname;

export async function load(run: {
  readonly url: string;
  readonly workload: Workload;
  readonly connections: number;
  readonly seconds: number;
  /** What each request shows; absent: nothing. */
  readonly token?: string | undefined;
}): Promise<Figures> {
  const { url, workload, connections, seconds, token = "" } = run;
  const [program, args] = hasWrk
    ? [
        "wrk",
        [
          ...["--threads", "1", "--connections", `${connections}`, "--duration", `${seconds}s`],
          ...["--timeout", "10s", "--script", join(here, "load.lua"), url, "--", workload],
        ],
      ]
    : [
        process.execPath,
        [join(here, "autocannon-load.ts"), url, workload, `${connections}`, `${seconds}`],
      ];
  const { stdout } = await promisify(execFile)(program, args, {
    env: { ...process.env, KV_TOKEN: token },
  });
  const line = stdout.split("\n").find((text) => text.startsWith("{")) ?? "";
  const figures = figuresSchema.parse(JSON.parse(line));
  const rate = Math.max(0, figures.answered - figures.failed) / figures.seconds;
  return { ...figures, rate };
}
