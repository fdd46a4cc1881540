/** A store of a million keys: its memory, a restart with it, and a blank follower that catches up under writes. */
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { NodeProcess } from "../../support/node-process.ts";
import type { Bench, Part } from "../bench.ts";
import { startLoad } from "../load/load.ts";
import { describeUse, type MachineUse, watchMachine } from "../measure/machine.ts";
import { mappedOf, memoryOf } from "../measure/processes.ts";
import { shown, shownMebibytes, shownRange, spreadOf } from "../measure/statistics.ts";
import { type Filled, standingOf, startFilled, untilReadySoon } from "../servers/filled.ts";

/** A filling of a million keys takes about 30 s on two cores. */
const fillSeconds = (keys: number): number => 10 + keys / 30_000;

export const filled: Part = {
  topics: [
    {
      name: "million",
      about: "memory and disk of a large store",
      seconds: ({ keys }) => fillSeconds(keys),
    },
    {
      name: "restart",
      about: "from the start of a process with a large store until it is ready",
      seconds: ({ keys, rounds }) => 5 + rounds * 3 * (2 + keys / 200_000),
    },
    {
      name: "catch-up",
      about: "a blank follower receives a large store while writes go on",
      seconds: ({ keys, seconds }) => 5 + 2 * seconds + keys / 20_000,
    },
  ],
  run: measureFilled,
};

async function measureFilled(bench: Bench, wanted: ReadonlySet<string>): Promise<void> {
  const { keys, followers, profile } = bench.options;
  const store = await startFilled({ keys, followers, profile });
  bench.say(
    `${shown(keys)} keys are written and applied everywhere after ${shown(store.fillSeconds)} s.`,
  );
  try {
    if (wanted.has("million")) measureSize(bench, store);
    if (wanted.has("restart")) await measureRestart(bench, store);
    if (wanted.has("catch-up")) await measureCatchUp(bench, store);
  } finally {
    await store.close();
  }
}

function measureSize({ options, report }: Bench, { cluster }: Filled): void {
  const figures = [cluster.leader, cluster.followers[0] ?? cluster.leader].map((node) => ({
    id: node.id,
    own: memoryOf(node.pid),
    mapped: mappedOf(node.pid),
    disk: bytesIn(node.settings.dataDir),
  }));
  const rows = figures.map(({ id, own, mapped, disk }) => [
    ...[id, shownMebibytes(own), shownMebibytes(mapped), shownMebibytes(disk)],
  ]);
  const columns = ["Node", "Own memory, MiB", "Mapped files in memory, MiB", "On disk, MiB"];
  const notes = [
    `${options.keys.toLocaleString("en")} keys with values of 64 bytes, just written.`,
  ];
  report("million", { columns, rows, notes }, figures);
}

const bytesIn = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    // A file may grow beyond what is on the disk: blocks count.
    .reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).blocks * 512, 0);

async function measureRestart({ options, report }: Bench, { cluster }: Filled): Promise<void> {
  const [follower = cluster.leader] = cluster.followers;
  const kinds = [
    { name: "a follower, after SIGTERM", nodes: [follower], end: stop },
    { name: "a follower, after kill -9", nodes: [follower], end: kill },
    { name: "all nodes, after kill -9", nodes: cluster.nodes, end: kill },
  ];
  const seconds = new Map<string, number[]>(kinds.map(({ name }) => [name, []]));
  const uses: MachineUse[] = [];
  for (let round = 0; round < options.rounds; round += 1)
    for (const { name, nodes, end } of kinds) {
      await Promise.all(nodes.map(end));
      const endWatch = watchMachine();
      const startedAt = performance.now();
      for (const node of nodes) node.start();
      await Promise.all(nodes.map((node) => untilReadySoon(node)));
      seconds.get(name)?.push((performance.now() - startedAt) / 1000);
      uses.push(endWatch());
      await cluster.untilReady();
      await cluster.untilLed();
    }
  const rows = [...seconds].map(([name, each]) => {
    const spread = spreadOf(each);
    return [name, shown(spread.median), shownRange(spread)];
  });
  const notes = [
    `${options.keys.toLocaleString("en")} keys; from the start of the process until \`/readyz\` answers 200.`,
    describeUse(uses),
  ];
  report("restart", { columns: ["What starts", "Seconds", "Range"], rows, notes }, [...seconds]);
}

const stop = async (node: NodeProcess): Promise<void> => void (await node.stop());
const kill = (node: NodeProcess): Promise<void> => node.kill();

const connections = 64;
const rateEveryMs = 250;

async function measureCatchUp({ options, report }: Bench, store: Filled): Promise<void> {
  const { cluster } = store;
  const leader = await cluster.untilLed();
  const blank = cluster.nodes.find((node) => node !== leader) ?? leader;
  const endLoad = startLoad({ url: leader.url, workload: "kv-put", connections });
  try {
    await wait(options.warmUpSeconds * 1000);
    const endWatch = watchMachine();
    const before = startRates(leader);
    await wait(options.seconds * 1000);
    const ratesBefore = await before();
    await blank.kill();
    rmSync(blank.settings.dataDir, { recursive: true, force: true });
    const since = Date.now();
    const startedAt = performance.now();
    const meanwhile = startRates(leader);
    blank.start();
    await untilReadySoon(blank);
    await untilCaughtUp({ blank, leader });
    const seconds = (performance.now() - startedAt) / 1000;
    const rates = await meanwhile();
    const turns = cluster.nodes.map((node) => ({
      id: node.id,
      ...store.longestTurnsOf(node, since),
    }));
    const others = turns.filter(({ id }) => id !== leader.id && id !== blank.id);
    const turnOf = (some: typeof turns, when: "start" | "service" = "service"): string => {
      const longest = (of: "turnMs" | "lateMs"): string =>
        shown(Math.max(...some.map((turn) => turn[when][of])));
      return `${longest("turnMs")} (${longest("lateMs")})`;
    };
    const ofBlank = turns.filter(({ id }) => id === blank.id);
    const rows = [
      [
        "seconds from the start of the process until it is ready and level with the leader",
        shown(seconds),
      ],
      ["writes/s of all nodes before", shown(ratesBefore.mean)],
      ["writes/s meanwhile", shown(rates.mean)],
      ["writes/s meanwhile, in the slowest second", shown(rates.lowest)],
      ["rate meanwhile to rate before", shown(rates.mean / ratesBefore.mean)],
      ["longest turn of the leader, ms", turnOf(turns.filter(({ id }) => id === leader.id))],
      ["longest turn of the blank follower, ms", turnOf(ofBlank)],
      ["the same before it listens on a port, ms", turnOf(ofBlank, "start")],
      ["longest turn of another follower, ms", others.length === 0 ? "–" : turnOf(others)],
    ];
    const notes = [
      `${options.keys.toLocaleString("en")} keys with values of 64 bytes; ${connections} connections write throughout.`,
      "A turn counts as long as its thread worked in it; in brackets, with what it waited for a processor.",
      "Before the blank follower listens on a port, its process loads its modules, and nothing waits for it.",
      describeUse([endWatch()]),
    ];
    const figures = { seconds, before: ratesBefore, meanwhile: rates, turns };
    report("catch-up", { columns: ["", ""], rows, notes }, figures);
  } finally {
    await endLoad();
  }
}

/** The leader is asked first, so level means level with what it had. */
async function untilCaughtUp({ blank, leader }: Record<"blank" | "leader", NodeProcess>) {
  for (;;) {
    const wanted = (await standingOf(leader))?.committed ?? Number.POSITIVE_INFINITY;
    if (((await standingOf(blank))?.applied ?? 0) >= wanted) return;
    await wait(10);
  }
}

/** Of committed entries, which are single writes. The function returned ends it. */
function startRates(leader: NodeProcess) {
  const samples: { readonly at: number; readonly committed: number }[] = [];
  let isOver = false;
  const sample = async (): Promise<void> => {
    const standing = await standingOf(leader);
    if (standing !== undefined)
      samples.push({ at: performance.now(), committed: standing.committed });
  };
  const sampling = (async () => {
    while (!isOver) {
      await sample();
      await wait(rateEveryMs);
    }
    await sample();
  })();
  return async () => {
    isOver = true;
    await sampling;
    const between = (from: number, to: number): number => {
      const [first, last] = [samples[from], samples[to]];
      if (first === undefined || last === undefined) return Number.NaN;
      return ((last.committed - first.committed) * 1000) / (last.at - first.at);
    };
    const inASecond = Math.round(1000 / rateEveryMs);
    const seconds = samples.flatMap((_, index) =>
      index + inASecond < samples.length ? [between(index, index + inASecond)] : [],
    );
    const mean = between(0, samples.length - 1);
    return { mean, lowest: Math.min(mean, ...seconds) };
  };
}
