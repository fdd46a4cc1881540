/** A cluster whose store is large, with a probe of the event loop in every node. */
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Cluster, startCluster } from "../../support/cluster.ts";
import type { NodeProcess } from "../../support/node-process.ts";
import { encodeWrite, openBulkStream } from "../load/bulk-stream.ts";
import { type LongestTurns, longestTurns, turnsProbe } from "../measure/turns.ts";
import { quorumOf } from "./ours.ts";

export interface Filled {
  readonly cluster: Cluster;
  readonly fillSeconds: number;
  /** Since an instant of the wall clock. */
  longestTurnsOf(node: NodeProcess, since: number): LongestTurns;
  close(): Promise<void>;
}

const valueBytes = 64;
/** Each write of the filling has so many keys: then a million keys are more entries than a log keeps. */
const keysPerWrite = 8;
const unansweredWrites = 512;

/** More keys than the log reaches back to, so that a blank follower needs a snapshot. */
const logRetention = (keys: number): number =>
  Math.max(100, Math.min(100_000, Math.floor(keys / 10)));

export async function startFilled(run: {
  readonly keys: number;
  readonly followers: number;
  readonly profile: string | undefined;
}): Promise<Filled> {
  const { keys, followers, profile } = run;
  const turnsOf = (directory: string, id: string) => join(directory, `${id}.turns`);
  const profiling = `--cpu-prof --cpu-prof-dir=${profile}`;
  const cluster = await startCluster({
    ...{ followers, disk: true, failover: true },
    env: {
      LOG_LEVEL: "warn",
      WRITE_QUORUM: String(quorumOf(followers)),
      LOG_RETENTION: String(logRetention(keys)),
    },
    envOf: (id, directory) => ({
      TURNS_FILE: turnsOf(directory, id),
      ...(profile !== undefined && ["leader", "follower1"].includes(id)
        ? { NODE_OPTIONS: profiling }
        : {}),
    }),
    start: { preload: [turnsProbe] },
  });
  const close = async (): Promise<void> => {
    // A process that is killed leaves no profile.
    if (profile !== undefined) for (const node of cluster.nodes) await node.stop();
    await cluster.close();
  };
  try {
    const startedAt = performance.now();
    await fill(`http://127.0.0.1:${cluster.leader.grpcPort}`, keys);
    await untilAlike(cluster);
    return {
      cluster,
      fillSeconds: (performance.now() - startedAt) / 1000,
      longestTurnsOf: ({ id }, since) => longestTurns(turnsOf(cluster.directory, id), since),
      close,
    };
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

function fill(url: string, keys: number): Promise<void> {
  const value = JSON.stringify("v".repeat(valueBytes));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let next = 1;
  let unanswered = 0;
  const more = (): void => {
    const writes: Buffer[] = [];
    for (; next <= keys && unanswered < unansweredWrites; unanswered += 1) {
      const count = Math.min(keysPerWrite, keys + 1 - next);
      const from = next;
      const puts = Array.from({ length: count }, (_, index) => ({
        key: `key-${from + index}`,
        value,
      }));
      writes.push(encodeWrite(puts));
      next += count;
    }
    if (writes.length > 0) stream.send(writes);
    else if (unanswered === 0) resolve();
  };
  const stream = openBulkStream(url, (count, failed) => {
    if (failed > 0) reject(new Error(`${failed} writes of the filling were refused`));
    unanswered -= count;
    more();
  });
  more();
  return promise.finally(() => stream.close());
}

export interface Standing {
  readonly role: string;
  readonly committed: number;
  readonly applied: number;
  readonly keys: number;
}

/** Undefined while the node does not answer. */
export async function standingOf(node: NodeProcess): Promise<Standing | undefined> {
  const answer = await get(`${node.url}/status`);
  return answer?.status === 200 ? (JSON.parse(answer.text) as Standing) : undefined;
}

/** Asks every few milliseconds. Throws once the patience is over. */
export async function untilReadySoon(node: NodeProcess, patienceMs = 600_000): Promise<void> {
  for (const giveUpAt = performance.now() + patienceMs; performance.now() < giveUpAt; ) {
    if ((await get(`${node.url}/readyz`))?.status === 200) return;
    await wait(10);
  }
  throw new Error(`${node.id} is not ready within ${patienceMs / 1000} s\n${node.logTail()}`);
}

/** All nodes have applied what is committed. */
async function untilAlike({ leader, nodes }: Cluster): Promise<void> {
  for (;;) {
    const wanted = (await standingOf(leader))?.committed ?? Number.POSITIVE_INFINITY;
    const standings = await Promise.all(nodes.map(standingOf));
    if (standings.every((standing) => (standing?.applied ?? 0) >= wanted)) return;
    await wait(50);
  }
}

/** Over a connection of its own, which a process that ends cannot leave half open. */
function get(url: string): Promise<{ status: number; text: string } | undefined> {
  return new Promise((resolve) => {
    const asked = request(url, { agent: false, timeout: 5000 }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => {
        text += chunk;
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
      answer.on("error", () => resolve(undefined));
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(undefined));
    asked.end();
  });
}
