/** How long one writer, which retries at the node it is told of, goes without an acknowledged write. */
import { setTimeout as wait } from "node:timers/promises";
import { type Cluster, startCluster } from "../../support/cluster.ts";
import { HttpClient, type Reply } from "../../support/http-client.ts";
import type { NodeProcess } from "../../support/node-process.ts";
import { startSteadyWriters } from "../../support/steady-writers.ts";
import type { Etcd } from "../servers/etcd.ts";
import { quorumOf } from "../servers/ours.ts";

/** Milliseconds, one for each time. */
type Gaps = Readonly<Record<string, readonly number[]>>;

const writerPauseMs = 5;
/** So many writes in peace before each loss, and as many after it. */
const steadyWrites = 100;

/** A member of etcd without a leader keeps a request for 7 s: its writer asks the next one sooner. */
const etcdPatienceMs = 250;

/** Each loss begins with all nodes there. */
export async function measureGaps(run: {
  readonly times: number;
  readonly followers: number;
  /** Some of: kill, SIGTERM, handover, etcd. */
  readonly ways: ReadonlySet<string>;
  readonly etcd: Etcd | undefined;
}): Promise<Gaps> {
  const { times, followers, ways, etcd } = run;
  const gaps: Record<string, number[]> = {};
  const note = (what: string, gapMs: number): void => {
    gaps[what] = [...(gaps[what] ?? []), gapMs];
  };
  const env = { WRITE_QUORUM: String(quorumOf(followers)) };
  const cluster = await startCluster({ followers, disk: true, failover: true, env });
  const client = new HttpClient();
  const losses = {
    kill: { name: "`kill -9`", go: (leader: NodeProcess) => leader.kill() },
    SIGTERM: {
      name: "SIGTERM",
      go: async (leader: NodeProcess) => void (await leader.stop()),
    },
    handover: {
      name: "`POST /leader`",
      go: (leader: NodeProcess) => handOver(client, cluster, leader),
    },
  };
  try {
    // In turn, so that a busy machine hurts all kinds alike.
    for (let time = 0; time < times; time += 1) {
      for (const [way, { name, go }] of Object.entries(losses))
        if (ways.has(way)) note(name, await lose(cluster, go));
      if (etcd !== undefined) note(`etcd ${etcd.version}, \`kill -9\``, await loseOfEtcd(etcd));
    }
  } finally {
    client.close();
    await cluster.close();
  }
  return gaps;
}

/** The leader goes; the longest time without an acknowledged write. */
async function lose(cluster: Cluster, go: (leader: NodeProcess) => Promise<void>): Promise<number> {
  await cluster.untilReady();
  const leader = await cluster.untilLed();
  const rest = cluster.nodes.filter((node) => node !== leader).map(({ url }) => url);
  const writers = startSteadyWriters({
    urls: [leader.url, ...rest],
    ...{ writers: 1, pauseMs: writerPauseMs },
  });
  try {
    await writers.progress(steadyWrites);
    const from = writers.instants.length;
    await Promise.all([go(leader), writers.progress(steadyWrites)]);
    return longestGap(writers.instants.slice(from - 1));
  } finally {
    await writers.stop();
    if (!leader.isRunning) leader.start();
  }
}

async function handOver(client: HttpClient, { nodes }: Cluster, leader: NodeProcess) {
  const to = nodes.find((node) => node !== leader)?.id;
  const question = { method: "POST", path: "/leader", body: { to } } as const;
  const reply = await client.ask(leader.url, question);
  if (reply.type !== "answer" || reply.status !== 200)
    throw new Error(`the leader did not hand over: ${JSON.stringify(reply)}`);
}

function longestGap(instants: readonly number[]): number {
  const gaps = instants.slice(1).map((instant, index) => instant - (instants[index] ?? instant));
  return Math.max(0, ...gaps);
}

/** The same for etcd: its writer goes to the next member when one does not answer with 200. */
async function loseOfEtcd(etcd: Etcd): Promise<number> {
  const leaderUrl = await etcd.findLeader();
  const urls = [leaderUrl, ...etcd.urls.filter((url) => url !== leaderUrl)];
  const client = new HttpClient();
  const instants: number[] = [];
  const write = (url: string): Promise<Reply> => {
    const body = { key: btoa(`writer-${instants.length}`), value: btoa("value") };
    const timeoutMs = etcdPatienceMs;
    return client.ask(url, { method: "POST", path: "/v3/kv/put", body, timeoutMs });
  };
  const writeUntil = async (count: number): Promise<void> => {
    for (let at = 0; instants.length < count; ) {
      const reply = await write(urls[at % urls.length] ?? leaderUrl);
      if (reply.type === "answer" && reply.status === 200) instants.push(performance.now());
      else at += 1;
      await wait(writerPauseMs);
    }
  };
  try {
    await writeUntil(steadyWrites);
    await Promise.all([etcd.kill(leaderUrl), writeUntil(2 * steadyWrites)]);
    return longestGap(instants.slice(steadyWrites - 1));
  } finally {
    client.close();
    etcd.start(leaderUrl);
  }
}
