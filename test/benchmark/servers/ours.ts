/** A local Quorum KV cluster to measure, in a scratch folder. */
import { fileURLToPath } from "node:url";
import { type LocalCluster, startCluster } from "../../../src/start/cluster.ts";
import { readOptions } from "../../../src/start/command-line.ts";
import { findTakenPort } from "../../../src/start/free-ports.ts";
import { planCluster } from "../../../src/start/plan.ts";

export interface Ours {
  readonly leaderUrl: string;
  /** Where the leader's gRPC is. */
  readonly grpcUrl: string;
  /** The leader's first. */
  readonly pids: readonly number[];
  readonly cluster: LocalCluster;
}

const program = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));

/** With the leader a majority, as etcd waits for: four of six nodes. */
export const quorumOf = (followers: number): number => Math.floor((followers + 1) / 2);

export async function startOurs(run: {
  readonly folder: string;
  readonly basePort: number;
  /** 5 if absent. Writes wait for a majority. */
  readonly followers?: number | undefined;
  /** Where the CPU profiles of the leader and follower1 go at their end; absent: none is taken. */
  readonly profileFolder?: string | undefined;
  /** More environment for all nodes. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** More environment for the leader's process. */
  readonly leaderEnv?: Readonly<Record<string, string>> | undefined;
}): Promise<Ours> {
  const { folder, basePort, followers = 5 } = run;
  const args = [
    ...["--followers", `${followers}`, "--quorum", `${quorumOf(followers)}`],
    ...["--data", folder, "--base-port", `${basePort}`],
  ];
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
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => undefined);
  const cluster = startCluster(nodes, program, {
    ready: () => undefined,
    died: (node, { cause }) => lost.reject(new Error(`${node.id} died: ${cause}`)),
    printed: (node, line) => process.stderr.write(`${node.id} ${line}\n`),
  });
  try {
    await Promise.race([cluster.ready, lost.promise]);
  } catch (error) {
    cluster.kill();
    await cluster.close();
    throw error;
  }
  const pids = nodes.flatMap(({ id }) => cluster.pid(id) ?? []);
  const [leader] = nodes;
  const grpcUrl = `http://127.0.0.1:${leader?.grpcPort}`;
  return { cluster, leaderUrl: leader?.url ?? "", grpcUrl, pids };
}
