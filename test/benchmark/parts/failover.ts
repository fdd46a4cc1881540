/** What elections cost a leader that stays, and what its loss costs a writer. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Bench, type Part, portsOf, secondsOfRounds } from "../bench.ts";
import type { HttpWorkload } from "../load/load.ts";
import { seed } from "../load/seed.ts";
import { columns, compare, notesOf, rowsOf, type Side } from "../measure/compare.ts";
import { shown, spreadOf } from "../measure/statistics.ts";
import { startEtcd } from "../servers/etcd.ts";
import { type Ours, startOurs } from "../servers/ours.ts";
import { measureGaps } from "./failover-gaps.ts";

const connections = 64;

export const elections: Part = {
  topics: [
    {
      name: "elections",
      about: "what FAILOVER=1 and READ_LEASE=1 cost while nothing fails",
      seconds: (options) => 30 + 3 * secondsOfRounds(options, 2),
    },
  ],
  run: measureElections,
};

async function measureElections({ options, folder, report }: Bench): Promise<void> {
  const { followers, profile } = options;
  const data = join(folder, "elections");
  const ports = portsOf(options);
  const clusters: Ours[] = [];
  const start = async (name: string, basePort: number, env: Record<string, string>) => {
    const profileFolder = clusters.length === 0 ? profile : undefined;
    const ours = await startOurs({
      ...{ folder: join(data, name), basePort, followers, env, profileFolder },
    });
    clusters.push(ours);
    return { name, url: ours.leaderUrl, pids: ours.pids };
  };
  const under = (
    workload: HttpWorkload,
    sides: readonly Omit<Side, "workload" | "connections">[],
  ) =>
    compare(
      sides.map((side) => ({ ...side, workload, connections })),
      options,
    );
  try {
    const electing = await start("FAILOVER=1", ports.ours, { FAILOVER: "1" });
    const fixed = await start("FAILOVER=0", ports.second, { FAILOVER: "0" });
    const written = await under("kv-put", [electing, fixed]);
    for (const { url } of [electing, fixed]) await seed(url);
    const read = await under("kv-get", [electing, fixed]);
    const env = { FAILOVER: "1", READ_LEASE: "1" };
    const leasing = await start("READ_LEASE=1", ports.third, env);
    await seed(leasing.url);
    const leased = await under("kv-get", [leasing, fixed]);
    const all = [...written, ...read, ...leased];
    const rows = [
      ...rowsOf("writes", written),
      ...rowsOf("reads at the leader, each confirmed by a round", read),
      ...rowsOf("reads at the leader by lease", leased),
    ];
    const notes = [`${connections} connections.`, ...notesOf(options, all)];
    report("elections", { columns, rows, notes }, all);
  } finally {
    for (const { cluster } of clusters) await cluster.close();
    rmSync(data, { recursive: true, force: true });
  }
}

export const failover: Part = {
  topics: [
    {
      name: "failover",
      about: "how long a writer goes without an acknowledged write when the leader is lost",
      seconds: ({ losses, ways }) => 20 + losses * ways.size * 3,
    },
  ],
  run: measureLosses,
};

async function measureLosses({ options, folder, report }: Bench): Promise<void> {
  const { losses: times, ways, followers } = options;
  const place = { folder: join(folder, "failover"), basePort: portsOf(options).etcd };
  const etcd = ways.has("etcd") ? await startEtcd({ ...place, members: followers + 1 }) : undefined;
  try {
    const gaps = await measureGaps({ times, followers, ways, etcd });
    const rows = Object.entries(gaps).map(([how, each]) => {
      const { median, highest } = spreadOf(each);
      return [how, `${shown(median)} ms`, `${shown(highest)} ms`];
    });
    const columns = ["How the leader is lost", "Median", "Worst"];
    const notes = [`Without an acknowledged write, over ${times} losses of each kind.`];
    report("failover", { columns, rows, notes }, gaps);
  } finally {
    await etcd?.close();
    rmSync(place.folder, { recursive: true, force: true });
  }
}
