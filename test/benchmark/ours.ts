/** A local Quorum KV cluster to measure, in a scratch folder. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type LocalCluster, startCluster } from "../../src/start/cluster.ts";
import { readOptions } from "../../src/start/command-line.ts";
import { findTakenPort } from "../../src/start/free-ports.ts";
import { planCluster } from "../../src/start/plan.ts";

export interface Ours {
  readonly leaderUrl: string;
  readonly pids: readonly number[];
  readonly cluster: LocalCluster;
}

/** What Linux shows to programs, whatever its own clock does. */
const ticksPerSecond = 100;
const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export async function startOurs(run: {
  readonly folder: string;
  readonly basePort: number;
  /** Where the CPU profiles of the leader and follower1 go at their end; absent: none is taken. */
  readonly profileFolder?: string | undefined;
  /** More environment for all nodes. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** More environment for the leader's process. */
  readonly leaderEnv?: Readonly<Record<string, string>> | undefined;
}): Promise<Ours> {
  const args = ["--quorum", "3", "--data", run.folder, "--base-port", String(run.basePort)];
  const planned = planCluster(readOptions(args), {
    ...process.env,
    FAULTS: "0",
    ...run.env,
  });
  const trouble = await findTakenPort(planned);
  if (trouble !== undefined) throw new Error(trouble);
  const profiling = `--cpu-prof --cpu-prof-dir=${run.profileFolder}`;
  const nodes = planned.map((node) => {
    const isProfiled = ["leader", "follower1"].includes(node.id) && run.profileFolder !== undefined;
    const more = node.id === "leader" ? run.leaderEnv : {};
    const env = { ...node.env, ...(isProfiled ? { NODE_OPTIONS: profiling } : {}), ...more };
    return { ...node, env };
  });
  const cluster = startCluster(nodes, program, {
    ready: () => undefined,
    died: (node, { cause }) => process.stderr.write(`${node.id} died: ${cause}\n`),
    printed: (node, line) => process.stderr.write(`${node.id} ${line}\n`),
  });
  await cluster.ready;
  const pids = nodes.flatMap(({ id }) => cluster.pid(id) ?? []);
  return { cluster, leaderUrl: nodes[0]?.url ?? "", pids };
}

/** Seconds of processor time that processes have used so far, all together; Linux only. */
export function cpuSecondsOf(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, count) => sum + count, 0) / ticksPerSecond;
}

/** Bytes of a process's own memory, without the pages of mapped files; Linux only. */
export function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024;
}
