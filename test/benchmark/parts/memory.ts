/** The leader's memory under writes while one follower is frozen, so that its link fills up. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Bench, type Part, portsOf } from "../bench.ts";
import { load } from "../load/load.ts";
import { describeUse, watchMachine } from "../measure/machine.ts";
import { memoryOf } from "../measure/processes.ts";
import { shown, shownMebibytes, spreadOf } from "../measure/statistics.ts";
import { startOurs } from "../servers/ours.ts";

export const memory: Part = {
  topics: [
    {
      name: "memory",
      about: "the leader's memory over many writes while a follower is frozen",
      seconds: ({ writes }) => 10 + writes / 5000,
    },
  ],
  run: measureMemory,
};

const connections = 64;

async function measureMemory({ options, folder, say, report }: Bench): Promise<void> {
  const { followers, writes, seconds } = options;
  const data = join(folder, "memory");
  const ours = await startOurs({ folder: data, basePort: portsOf(options).ours, followers });
  try {
    const leader = ours.cluster.pid("leader");
    const frozen = ours.cluster.pid(`follower${followers}`);
    if (leader === undefined || frozen === undefined) throw new Error("a node is away");
    process.kill(frozen, "SIGSTOP");
    const end = watchMachine();
    const samples: { readonly writes: number; readonly bytes: number }[] = [];
    for (let written = 0; written < writes; ) {
      const { answered, failed } = await load({
        ...{ url: ours.leaderUrl, workload: "kv-put", connections, seconds },
      });
      if (answered === failed) throw new Error("no write succeeds any more");
      written += answered - failed;
      samples.push({ writes: written, bytes: memoryOf(leader) });
      say(`after ${shown(written)} writes: ${shownMebibytes(samples.at(-1)?.bytes ?? 0)} MiB`);
    }
    const { lowest, highest } = spreadOf(samples.map(({ bytes }) => bytes));
    const rows = [
      ["first measured after so many writes", shown(samples[0]?.writes ?? 0)],
      ["last measured after so many writes", shown(samples.at(-1)?.writes ?? 0)],
      ["lowest, MiB", shownMebibytes(lowest)],
      ["highest, MiB", shownMebibytes(highest)],
    ];
    const columns = ["Leader's own memory, one follower frozen", ""];
    report("memory", { columns, rows, notes: [describeUse([end()])] }, samples);
  } finally {
    await ours.cluster.close();
    rmSync(data, { recursive: true, force: true });
  }
}
