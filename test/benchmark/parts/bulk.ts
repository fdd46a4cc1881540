/** BulkWrite beside Redis, which writes to replicas as well and waits for as many of them. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Bench, type Part, portsOf, secondsOfRounds } from "../bench.ts";
import { columns, compare, notesOf, rowsOf, type Side } from "../measure/compare.ts";
import { quorumOf, startOurs } from "../servers/ours.ts";
import { type Redis, redisVersion, startRedis } from "../servers/redis.ts";

export const bulk: Part = {
  topics: [
    {
      name: "bulk",
      about: "BulkWrite beside Redis with SET and WAIT, in memory and with a flushed log",
      seconds: (options) => 20 + secondsOfRounds(options, 3),
    },
  ],
  run: measureBulk,
};

async function measureBulk({ options, folder, say, report }: Bench): Promise<void> {
  const { followers, streams, inFlight } = options;
  const ports = portsOf(options);
  const data = join(folder, "bulk");
  const load = { connections: streams, inFlight, quorum: quorumOf(followers) };
  const version = redisVersion();
  if (version === undefined) say("Redis is not installed (Debian: redis-server): it is left out.");
  const ours = await startOurs({
    ...{ folder: join(data, "ours"), basePort: ports.ours, followers },
    profileFolder: options.profile,
  });
  const stores: Redis[] = [];
  const start = async (durable: boolean, basePort: number): Promise<Side[]> => {
    if (version === undefined) return [];
    const replicas = { folder: join(data, `redis-${basePort}`), basePort, replicas: followers };
    const redis = await startRedis({ version, durable, ...replicas });
    stores.push(redis);
    const name = `Redis ${version}, ${durable ? "each write flushed" : "in memory"}`;
    return [{ ...load, name, url: redis.url, workload: "redis-set", pids: redis.pids }];
  };
  try {
    const { grpcUrl: url, pids } = ours;
    const sides: Side[] = [
      { ...load, name: "Quorum KV, BulkWrite", url, workload: "kv-bulk", pids },
      ...(await start(false, ports.redis)),
      ...(await start(true, ports.redis + 50)),
    ];
    const results = await compare(sides, options);
    const notes = [
      `On each connection, BulkWrite refills what was answered, many writes in a message; Redis gets ${inFlight} SETs and \`WAIT ${load.quorum}\` at a time.`,
      "Redis counts a replica that has received a write; in memory, nothing is flushed anywhere.",
      ...notesOf(options, results),
    ];
    report(
      "bulk",
      {
        columns,
        rows: rowsOf(`${streams} connections, ${inFlight} unanswered writes each`, results),
        notes,
      },
      results,
    );
  } finally {
    for (const redis of stores) await redis.close();
    await ours.cluster.close();
    rmSync(data, { recursive: true, force: true });
  }
}
