/** What idle connections take of a leader's memory, beside bare servers, and what is left of it once they are closed. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Bench, type Part, portsOf } from "../bench.ts";
import { type Kept, keptBy, liveProbe } from "../measure/live.ts";
import { describeUse, watchMachine } from "../measure/machine.ts";
import { shown, shownMebibytes } from "../measure/statistics.ts";
import { startBare } from "../servers/bare.ts";
import { startOurs } from "../servers/ours.ts";

export const idle: Part = {
  topics: [
    {
      name: "idle",
      about: "memory of idle connections, beside bare servers",
      seconds: ({ idleConnections, seconds }) => 30 + 15 * seconds + idleConnections / 150,
    },
  ],
  run: measureIdle,
};

const clients = join(import.meta.dirname, "../load/idle.ts");
/** What a process opens beside its connections. */
const otherFiles = 500;
/** Of the load before, which makes the server compile and allocate what it needs anyway. */
const fewConnections = 64;

interface Server {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  readonly liveFile: string;
}

interface Figures {
  readonly name: string;
  readonly before: Kept;
  readonly idle: Kept;
  readonly closed: Kept;
  /** As many connections again. */
  readonly again: Kept;
}

async function measureIdle(bench: Bench): Promise<void> {
  const { options, folder, report } = bench;
  const filesMax = Number(
    /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1],
  );
  const connections = Math.min(options.idleConnections, filesMax - otherFiles);
  const { ours, second, third } = portsOf(options);
  const end = watchMachine();
  const measure = (server: Server) => measureServer(server, connections, options.seconds);
  const figures = [
    await withOurs(bench, ours, measure),
    await withBare({ name: "bare Node", program: "bare-node", port: second, folder }, measure),
    await withBare({ name: "bare Express", program: "bare-express", port: third, folder }, measure),
  ];
  const rows = figures.flatMap((each) => rowsOf(each, connections));
  const notes = [
    `${connections.toLocaleString("en")} connections, each idle after one write and one read. Before them, ${fewConnections} connections sent as many requests.`,
    `Each moment is ${options.seconds} s after the last request, or after the last connection was closed. Own memory is the process's as ` +
      "Linux counts it. Live are objects in V8's heap and their buffers, as a collection then found them.",
    describeUse([end()]),
  ];
  report("idle", { columns, rows, notes }, { connections, figures });
}

const columns = [
  ...["Server", "Moment", "Own memory, MiB", "Live, MiB"],
  ...["KiB for each connection", "Live KiB for each connection"],
];

function rowsOf({ name, before, idle, closed, again }: Figures, connections: number) {
  const each = (bytes: number): string => shown(bytes / 1024 / connections);
  const row = (moment: string, { own, live }: Kept): readonly string[] => [
    ...[name, moment, shownMebibytes(own), shownMebibytes(live)],
    ...[each(own - before.own), each(live - before.live)],
  ];
  return [
    row("before", before),
    row("all idle", idle),
    row("all closed", closed),
    row("as many idle again", again),
  ];
}

async function withOurs(
  { options, folder }: Bench,
  basePort: number,
  measure: (server: Server) => Promise<Figures>,
): Promise<Figures> {
  const [data, liveFile] = [join(folder, "idle"), join(folder, "idle-leader.live")];
  const { followers } = options;
  const ours = await startOurs({
    ...{ folder: data, basePort, followers, leaderEnv: liveProbe(liveFile) },
    // A leader that collects all its garbage at once may be silent for longer than followers wait.
    env: { FAILOVER: "0" },
  });
  try {
    const pid = ours.pids[0] ?? 0;
    return await measure({ name: "Quorum KV", url: ours.leaderUrl, pid, liveFile });
  } finally {
    await ours.cluster.close();
    rmSync(data, { recursive: true, force: true });
  }
}

async function withBare(
  run: { name: string; program: "bare-node" | "bare-express"; port: number; folder: string },
  measure: (server: Server) => Promise<Figures>,
): Promise<Figures> {
  const { name, program, port, folder } = run;
  const liveFile = join(folder, `idle-${program}.live`);
  const { pid, stop } = await startBare(program, { port, env: liveProbe(liveFile) });
  try {
    return await measure({ name, url: `http://127.0.0.1:${port}`, pid, liveFile });
  } finally {
    stop();
  }
}

async function measureServer(
  { name, url, pid, liveFile }: Server,
  connections: number,
  seconds: number,
): Promise<Figures> {
  const settle = async (): Promise<Kept> => {
    await wait(seconds * 1000);
    return keptBy(pid, liveFile);
  };
  const closeFew = await openClients(url, fewConnections, Math.ceil(connections / fewConnections));
  await closeFew();
  const before = await settle();
  const idleAndClosed = async (): Promise<Record<"idle" | "closed", Kept>> => {
    const closeAll = await openClients(url, connections, 1);
    const idle = await settle();
    await closeAll();
    return { idle, closed: await settle() };
  };
  const first = await idleAndClosed();
  const { idle: again } = await idleAndClosed();
  return { name, before, ...first, again };
}

/** Resolves once all connections are idle. The function returned throws unless all of them are still open. */
async function openClients(url: string, count: number, rounds: number) {
  const child: ChildProcess = spawn(process.execPath, [clients, url, `${count}`, `${rounds}`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const line = async (): Promise<string> => {
    const [text] = await Promise.race([once(child.stdout ?? child, "data"), ended]);
    return String(text).trim();
  };
  const first = await line();
  if (first !== "idle") throw new Error(`the connections to ${url} did not get idle: ${first}`);
  return async (): Promise<void> => {
    child.stdin?.write("close\n");
    const open = await line();
    await ended;
    if (Number(open) !== count) throw new Error(`${open} of ${count} connections were left open`);
  };
}
