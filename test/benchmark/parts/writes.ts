/** Writes beside etcd, which waits for as many disks: on disk, on a RAM disk, and of large values. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Bench, type BenchOptions, type Part, portsOf, secondsOfRounds } from "../bench.ts";
import {
  columns,
  compare,
  notesOf,
  rowsOf,
  type Side,
  type SideResult,
} from "../measure/compare.ts";
import { startEtcd } from "../servers/etcd.ts";
import { startOurs } from "../servers/ours.ts";

const largeBytes = 64 * 1024;
const largeConnections = 10;

export const writes: Part = {
  topics: [
    {
      name: "writes",
      about: "writes beside etcd at several numbers of connections",
      seconds: (options) => 15 + options.connections.length * secondsOfRounds(options, 2),
    },
    {
      name: "large-values",
      about: "writes of 64 KiB each beside etcd",
      seconds: (options) => 15 + secondsOfRounds(options, 2),
    },
  ],
  async run(bench, wanted) {
    await besideEtcd(bench, join(bench.folder, "writes"), async (both) => {
      if (wanted.has("writes")) await measureWrites(bench, both);
      if (wanted.has("large-values")) await measureLarge(bench, both);
    });
  },
};

async function measureWrites({ options, report }: Bench, both: readonly Side[]): Promise<void> {
  const rows: (readonly string[])[] = [];
  const all: SideResult[] = [];
  for (const connections of options.connections) {
    const results = await compare(at(both, connections), options);
    rows.push(...rowsOf(nameOf(connections), results));
    all.push(...results);
  }
  report("writes", { columns, rows, notes: notesOf(options, all) }, all);
}

async function measureLarge({ options, report }: Bench, both: readonly Side[]): Promise<void> {
  const sides = at(both, largeConnections).map((side) => ({ ...side, valueBytes: largeBytes }));
  const results = await compare(sides, options);
  const rows = rowsOf(`64 KiB, ${nameOf(largeConnections)}`, results);
  report("large-values", { columns, rows, notes: notesOf(options, results) }, results);
}

const at = (sides: readonly Side[], connections: number): readonly Side[] =>
  sides.map((side) => ({ ...side, connections }));

const nameOf = (connections: number): string =>
  connections === 1 ? "1 connection" : `${connections} connections`;

const memoryFileSystem = "/dev/shm";

export const ramDisk: Part = {
  topics: [
    {
      name: "ram-disk",
      about: "writes beside etcd at one connection, with all data in /dev/shm",
      seconds: (options) => 15 + secondsOfRounds(options, 2),
    },
  ],
  async run(bench) {
    const { options, say, report } = bench;
    if (!existsSync(memoryFileSystem)) {
      say(`There is no ${memoryFileSystem}: the part ram-disk is left out.`);
      return;
    }
    const folder = mkdtempSync(join(memoryFileSystem, "quorum-kv-benchmark-"));
    await besideEtcd(bench, folder, async (both) => {
      const results = await compare(both, options);
      const rows = rowsOf("RAM disk, 1 connection", results);
      report("ram-disk", { columns, rows, notes: notesOf(options, results) }, results);
    });
  },
};

/** Sides with one connection. Their data is gone afterwards. */
async function besideEtcd(
  { options, say }: Bench,
  folder: string,
  measure: (both: readonly Side[]) => Promise<void>,
): Promise<void> {
  const ours = await startOurs({
    ...{ folder: join(folder, "ours"), basePort: portsOf(options).ours },
    ...{ followers: options.followers, profileFolder: options.profile },
  });
  try {
    const { leaderUrl: url, pids } = ours;
    const side: Side = { name: "Quorum KV", url, pids, workload: "kv-put", connections: 1 };
    const etcd = await startEtcd(etcdIn(join(folder, "etcd"), options));
    if (etcd === undefined) {
      say("etcd is not installed (Debian: etcd-server): there is nothing to compare with.");
      await measure([side]);
      return;
    }
    try {
      const { version, leaderUrl, pids } = etcd;
      const name = `etcd ${version}`;
      await measure([side, { ...side, name, url: leaderUrl, workload: "etcd-put", pids }]);
    } finally {
      await etcd.close();
    }
  } finally {
    await ours.cluster.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const etcdIn = (folder: string, options: BenchOptions) => ({
  ...{ folder, basePort: portsOf(options).etcd, members: options.followers + 1 },
});
