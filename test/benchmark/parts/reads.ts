/** Reads at the leader, beside the least that Express can do for the same answer. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Bench, type Part, portsOf, secondsOfRounds } from "../bench.ts";
import { seed } from "../load/seed.ts";
import { columns, compare, notesOf, rowsOf, type Side } from "../measure/compare.ts";
import { startOurs } from "../servers/ours.ts";

export const reads: Part = {
  topics: [
    {
      name: "reads",
      about: "linearizable reads at the leader beside a bare Express route",
      seconds: (options) => 10 + secondsOfRounds(options, 2),
    },
  ],
  run: measureReads,
};

const connections = 64;
const program = join(import.meta.dirname, "../servers/bare-express.ts");

async function measureReads({ options, folder, report }: Bench): Promise<void> {
  const { followers, profile } = options;
  const ports = portsOf(options);
  const data = join(folder, "reads");
  const express = spawn(process.execPath, [program, String(ports.express)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ours = await startOurs({
    ...{ folder: data, basePort: ports.ours, followers, profileFolder: profile },
  });
  try {
    await once(express.stdout, "data");
    await seed(ours.leaderUrl);
    const load = { workload: "kv-get", connections } as const;
    const sides: Side[] = [
      { ...load, name: "Quorum KV", url: ours.leaderUrl, pids: ours.pids },
      {
        ...{ ...load, name: "bare Express", pids: [express.pid ?? 0] },
        url: `http://127.0.0.1:${ports.express}`,
      },
    ];
    const results = await compare(sides, options);
    const rows = rowsOf(`reads, ${connections} connections`, results);
    report("reads", { columns, rows, notes: notesOf(options, results) }, results);
  } finally {
    express.kill("SIGKILL");
    await ours.cluster.close();
    rmSync(data, { recursive: true, force: true });
  }
}
