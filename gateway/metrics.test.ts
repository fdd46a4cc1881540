/** What `/metrics` promises a scraper: its format, and that nobody changes it by reading. */
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findProgram, need } from "../test/support/programs.ts";
import { type Family, parsePrometheusText } from "../test/support/prometheus-text.ts";
import { ask } from "../test/support/rest.ts";
import { type SmallCluster, startSmallCluster } from "../test/support/small-cluster.ts";
import { createMetrics } from "./metrics.ts";

let cluster: SmallCluster;
beforeAll(async () => {
  cluster = await startSmallCluster({ followers: 2 });
});
afterAll(() => cluster.close());

const textOf = async (role: string): Promise<string> => {
  const node = role === "leader" ? cluster.leader : cluster.followers[0];
  return (await ask(node?.gateway.url ?? "", "/metrics")).text;
};
const promtool = findProgram("promtool");

/** What only rises: counters, and all of a histogram. */
const rising = (families: ReadonlyMap<string, Family>): ReadonlyMap<string, number> => {
  const series = [...families.values()]
    .filter(({ type }) => type !== "gauge")
    .flatMap(({ samples }) => [...samples]);
  return new Map(series);
};

describe.each(["leader", "follower"])("the metrics of a %s", (role) => {
  test("are in the text format", async () => {
    const families = parsePrometheusText(await textOf(role));
    expect(families.size).toBeGreaterThan(15);
  });

  test("pass promtool", async (context) => {
    need(context, { promtool });
    const input = await textOf(role);
    const { stdout, stderr, status } = spawnSync(promtool ?? "", ["check", "metrics"], { input });
    expect({ said: `${stdout}${stderr}`, status }).toEqual({ said: "", status: 0 });
  });

  test("do not lose anything by being read", async () => {
    const before = rising(parsePrometheusText(await textOf(role)));
    await textOf(role);
    const after = rising(parsePrometheusText(await textOf(role)));
    for (const [series, value] of before) {
      expect(after.get(series), series).toBeGreaterThanOrEqual(value);
    }
    const delays = "kv_event_loop_delay_seconds_count";
    expect(after.get(delays)).toBeGreaterThan(0);
  });
});

test("every counter stands at 0 before its first event", async () => {
  const metrics = createMetrics({ others: ["follower1", "follower2"] });
  metrics.requests.expect("/write", "PUT");
  const families = parsePrometheusText(await metrics.text(cluster.leader.node));
  metrics.close();
  const names: string[] = [];
  for (const [name, { samples }] of families) {
    const counted = [...rising(new Map([[name, families.get(name) as Family]])).values()];
    if (counted.length === 0) continue;
    names.push(name);
    expect(samples.size, name).toBeGreaterThan(0);
    expect(Math.max(...counted), name).toBe(0);
  }
  expect(names).toContain("kv_digest_mismatches_total");
  expect(names).toContain("kv_http_requests_total");
});

test("each call of the API and each other member has its counter from the start", async () => {
  const samples = rising(parsePrometheusText(await textOf("leader")));
  for (const series of [
    'kv_digest_mismatches_total{node="follower1"}',
    'kv_digest_mismatches_total{node="follower2"}',
    'kv_http_requests_total{route="/write/batch",method="POST",status="200"}',
    'kv_http_requests_total{route="/watch",method="GET",status="200"}',
  ]) {
    expect(samples.get(series), series).toBe(0);
  }
});

describe("the strict reader refuses", () => {
  const head = "# HELP kv_x Help.\n# TYPE kv_x gauge\n";
  const histogram = "# HELP kv_h Help.\n# TYPE kv_h histogram\n";
  test.each([
    ["a quantile on a gauge", `${head}kv_x{quantile="0.5"} 1\n`],
    ["no help", "# TYPE kv_x gauge\nkv_x 1\n"],
    ["no type", "# HELP kv_x Help.\nkv_x 1\n"],
    ["a counter without _total", "# HELP kv_x Help.\n# TYPE kv_x counter\nkv_x 1\n"],
    ["a series twice", `${head}kv_x 1\nkv_x 2\n`],
    ["a family twice", `${head}kv_x 1\n${head}`],
    ["another family's sample", `${head}kv_y 1\n`],
    ["a label without quotes", `${head}kv_x{a=b} 1\n`],
    ["no number", `${head}kv_x one\n`],
    ["no end of the last line", `${head}kv_x 1`],
    [
      "falling buckets",
      `${histogram}kv_h_bucket{le="1"} 2\nkv_h_bucket{le="+Inf"} 1\nkv_h_sum 1\nkv_h_count 1\n`,
    ],
    ["no +Inf", `${histogram}kv_h_bucket{le="1"} 2\nkv_h_sum 1\nkv_h_count 2\n`],
    ["no sum", `${histogram}kv_h_bucket{le="+Inf"} 2\nkv_h_count 2\n`],
  ])("%s", (_fault, text) => {
    expect(() => parsePrometheusText(text)).toThrow();
  });
});
