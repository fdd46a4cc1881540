/** Real processes: the leader is killed while clients write and watch. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "../../test/support/cluster.ts";
import { KVError } from "./errors.ts";
import { QuorumKV } from "./quorum-kv.ts";
import type { WatchEvent } from "./types.ts";

const writers = 8;
const timeoutMs = 240_000;

/** What a stream of writes was told: each key is written once, with its number as the value. */
class Writers {
  readonly written = new Map<string, number>();
  readonly unknown = new Set<string>();
  readonly refused = new Set<string>();
  #stopping = false;
  readonly #done: Promise<unknown>;
  readonly #marks: { readonly at: number; readonly reached: () => void }[] = [];

  constructor(kv: QuorumKV) {
    this.#done = Promise.all(Array.from({ length: writers }, (_, index) => this.#write(kv, index)));
  }

  async #write(kv: QuorumKV, writer: number): Promise<void> {
    for (let number = 1; !this.#stopping; number += 1) {
      const key = `stream/${writer}-${number}`;
      try {
        // Without a condition: only its idempotency key keeps it from being written twice.
        const { version } = await kv.put(key, number);
        this.written.set(key, version);
        for (const { at, reached } of this.#marks) if (this.written.size >= at) reached();
      } catch (error) {
        if (!(error instanceof KVError)) throw error;
        if (error.written === "unknown") this.unknown.add(key);
        else this.refused.add(`${key}: ${error.code}`);
      }
    }
  }

  progress(more: number): Promise<void> {
    const at = this.written.size + more;
    const reached = new Promise<void>((resolve) => this.#marks.push({ at, reached: resolve }));
    // A fault of the client ends the stream, and then the test.
    return Promise.race([reached, this.#done.then(() => undefined)]);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#done;
  }
}

async function collect(events: AsyncIterable<WatchEvent<number>>, until: string) {
  const seen: WatchEvent<number>[] = [];
  for await (const event of events) {
    if (event.key === until) return seen;
    seen.push(event);
  }
  throw new Error("the watch ended");
}

describe("a cluster whose leader is killed", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    const env = { WRITE_QUORUM: "1", ELECTION_TIMEOUT: "1000", LOG_RETENTION: "100000" };
    cluster = await startCluster({ followers: 2, disk: true, failover: true, env });
  });
  afterAll(() => cluster?.close());

  test("loses and doubles no write, and the watch has no gap and no repeat", async () => {
    // One endpoint each, and it is the one that dies: both have to know the others.
    const endpoints = cluster.leader.url;
    const kv = new QuorumKV({ endpoints, timeoutMs });
    const lost: unknown[] = [];
    const watching = collect(
      new QuorumKV({ endpoints }).watch<number>({
        ...{ prefix: "stream/", after: 0, timeoutMs },
        onConnection: (change) => change.type === "lost" && lost.push(change),
      }),
      "stream/end",
    );
    const stream = new Writers(kv);
    await stream.progress(100);
    await cluster.leader.kill();
    await stream.progress(100);
    cluster.leader.start();
    await stream.progress(100);
    await cluster.untilReady();
    const leader = await cluster.whoLeads();
    await leader?.kill();
    await stream.progress(100);
    leader?.start();
    await stream.stop();
    await kv.put("stream/end", 0);
    const seen = await watching;

    expect(lost.length).toBeGreaterThanOrEqual(1);
    // The client looks for the next leader, which knows what became of each write.
    expect([...stream.refused, ...stream.unknown]).toEqual([]);
    const versions = seen.map(({ version }) => version);
    expect(versions).toEqual([...new Set(versions)].toSorted((one, other) => one - other));
    const byKey = new Map(seen.map((event) => [event.key, event.version]));
    expect(byKey.size).toBe(seen.length);
    for (const [key, version] of stream.written) expect(byKey.get(key)).toBe(version);
    for (const key of byKey.keys()) {
      expect(stream.written.has(key) || stream.unknown.has(key)).toBe(true);
    }
    const stored = await kv.get<number>([...stream.written.keys()].at(-1) ?? "");
    expect(stored).not.toBeNull();
  });

  test("is written to through a follower that cannot be left", async () => {
    await cluster.untilReady();
    const leader = await cluster.untilLed();
    const follower = cluster.nodes.find((node) => node !== leader);
    const kv = new QuorumKV({ endpoints: follower?.url ?? "", discover: false, timeoutMs });
    const { version } = await kv.put("through", 1);
    expect(await kv.get("through", { consistency: "local", minVersion: version })).toMatchObject({
      version,
    });
  });

  test("answers while a node is frozen", async () => {
    await cluster.untilReady();
    const leader = await cluster.untilLed();
    const frozen = cluster.nodes.find((node) => node !== leader);
    const others = cluster.nodes.filter((node) => node !== frozen).map(({ url }) => url);
    frozen?.freeze();
    try {
      const kv = new QuorumKV({ endpoints: [frozen?.url ?? "", ...others], timeoutMs: 60_000 });
      await kv.put("frozen", 1, { quorum: 1 });
      expect((await kv.get("frozen"))?.value).toBe(1);
    } finally {
      frozen?.thaw();
    }
  });
});
