/** What many watchers cost a leader, beside what one costs it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Bench, type Part, portsOf, secondsOfRounds } from "../bench.ts";
import { columns, compare, notesOf, rowsOf, type Side } from "../measure/compare.ts";
import { startOurs } from "../servers/ours.ts";

export const watch: Part = {
  topics: [
    {
      name: "watch",
      about: "writes at a leader with many watchers, beside those with one",
      seconds: (options) => 10 + secondsOfRounds(options, 2),
    },
  ],
  run: measureWatch,
};

const connections = 64;
const program = join(import.meta.dirname, "../load/watchers.ts");

async function measureWatch({ options, folder, say, report }: Bench): Promise<void> {
  const { watchers, followers } = options;
  const data = join(folder, "watch");
  const ours = await startOurs({
    ...{ folder: data, basePort: portsOf(options).ours, followers },
    profileFolder: options.profile,
  });
  const side = (count: number): Side => ({
    name: `${count} ${count === 1 ? "watcher" : "watchers"}`,
    ...{ url: ours.leaderUrl, workload: "kv-put", connections, pids: ours.pids },
    prepare: () => watchLeader(ours.leaderUrl, count, say),
  });
  try {
    const results = await compare([side(watchers), side(1)], options);
    const notes = [
      "The watchers, in one process of their own, read every event at the leader.",
      ...notesOf(options, results),
    ];
    report(
      "watch",
      { columns, rows: rowsOf(`writes, ${connections} connections`, results), notes },
      results,
    );
  } finally {
    await ours.cluster.close();
    rmSync(data, { recursive: true, force: true });
  }
}

/** Throws at the end unless each watcher has seen the last write. */
async function watchLeader(url: string, count: number, say: (line: string) => void) {
  const child = spawn(process.execPath, [program, url, String(count)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = await once(child.stdout, "data");
  if (String(line) !== "watching\n") throw new Error(`the watchers did not start: ${line}`);
  return async (): Promise<void> => {
    const answer = await fetch(`${url}/status`);
    const { applied } = (await answer.json()) as { applied: number };
    child.stdin.write(`${applied}\n`);
    const [complete] = await once(child.stdout, "data");
    if (Number(complete) < count)
      say(`Only ${Number(complete)} of ${count} watchers were sent everything.`);
    if (child.exitCode === null) await once(child, "exit");
  };
}
