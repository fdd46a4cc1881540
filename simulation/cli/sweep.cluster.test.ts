import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCli, startCli } from "../../test/simulation/run-cli.ts";
import { type Cluster, startCluster } from "../../test/support/cluster.ts";
import { analyse } from "../analysis/analyse.ts";
import { statusSchema } from "../http/answers.ts";
import { readResults } from "../report/write.ts";

let directory: string;
let cluster: Cluster | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "quorum-kv-sweep-test-"));
});
afterEach(async () => {
  await cluster?.close();
  cluster = undefined;
  await rm(directory, { recursive: true });
});

async function start(followers: number) {
  cluster = await startCluster({ followers, env: { WRITE_QUORUM: "1", MAX_DELAY: "3" } });
  return cluster;
}
const results = () => readResults(join(directory, "results.json"));
const statusOf = async (url: string) =>
  statusSchema.parse(await (await fetch(`${url}/status`)).json());
const out = () => ["--out", directory, "--format", "json"];
/** Warming up takes half a minute of a busy machine, and says nothing about how a sweep ends. */
const cold = () => [...out(), "--warmup", "0"];

test("a sweep of own processes measures every write and leaves a whole report", async () => {
  const ended = await runCli(
    ...["--quorums", "1,5", "--max-delay", "60", "--writes", "3", "--clients", "4"],
    // So slow that no other work of the machine makes up for it.
    ...["--follower-delay", "follower5=1000-1500", "--json", "--out", directory],
  );
  const summary = JSON.parse(ended.stdout);
  // How fast a loaded test machine is says nothing; that the code follows the verdict does.
  expect(ended.code).toBe(summary.verdict === "failed" ? 1 : 0);
  const measured = await results();
  expect(measured.cutShort).toBeNull();
  expect(measured.followers).toHaveLength(5);
  expect(measured.followers[4]?.delay).toEqual({ minDelayMs: 1000, maxDelayMs: 1500 });
  expect(measured.passes.map(({ quorum, samples }) => [quorum, samples.length])).toEqual([
    [1, 12],
    [5, 12],
  ]);
  for (const { quorum, samples, timelines, comparisons, convergence } of measured.passes) {
    for (const { acks, latencyMs, settleMs } of samples) {
      expect(acks.length).toBeGreaterThanOrEqual(quorum);
      expect(latencyMs).toBeGreaterThanOrEqual(settleMs);
      // An elapsed delay is never longer than the ack that had to wait for it.
      for (const { ms, delayMs } of acks) expect(ms).toBeGreaterThanOrEqual(delayMs);
    }
    expect(timelines.length).toBeGreaterThan(0);
    expect(comparisons.map(({ moment }) => moment)).toEqual(["answered", "settled"]);
    expect(comparisons[1]?.followers.every(({ identical }) => identical)).toBe(true);
    expect(convergence.every(({ ms }) => ms !== null)).toBe(true);
  }
  // At a quorum of all followers the slowest one sets the pace.
  const [first, last] = analyse(measured).quorums;
  expect(last?.latency?.minMs).toBeGreaterThanOrEqual(999);
  expect(first?.tracedMs).toBeLessThan(last?.tracedMs ?? 0);
  expect(await readdir(directory)).toEqual(
    expect.arrayContaining(["index.html", "report.md", "samples.csv", "summary.csv", "figures"]),
  );
});

test("on a running cluster settings come back, keys are tidied away, others are untouched", async () => {
  const { leader } = await start(2);
  const before = await statusOf(leader.url);
  const { code } = await runCli(
    ...["--target", leader.url, "--quorums", "0-2", "--writes", "2", "--clients", "2"],
    ...["--max-delay", "20", "--order", "random", "--keys", "unique", ...cold()],
  );
  expect([0, 1]).toContain(code);
  const after = await statusOf(leader.url);
  expect(after.config).toEqual(before.config);
  expect(after.keys).toBe(0);
  expect((await results()).passes.every(({ samples }) => samples.length === 4)).toBe(true);
});

test("a pass that names no writes fills the shortest duration, after a warm-up with its own load", async () => {
  const { leader } = await start(2);
  await runCli(
    ...["--target", leader.url, "--quorums", "1-2", "--clients", "4", "--warmup", "3"],
    ...["--min-delay", "40", "--max-delay", "40", "--min-duration", "630", ...out()],
  );
  const { passes, options } = await results();
  // Theory: 42 ms a write.
  expect(options).toMatchObject({ writes: 10, minDurationMs: 630, order: "interleaved" });
  for (const { samples, warmUp, loadMs } of passes) {
    expect(samples).toHaveLength(4 * 15);
    expect(loadMs).toBeGreaterThanOrEqual(15 * 40);
    // Beyond the first writes at quorum 0, some with the delays of the pass.
    expect(warmUp?.writes).toBeGreaterThan(4 * 3);
    const firstVersion = Math.min(...samples.map(({ version }) => version));
    expect(firstVersion).toBeGreaterThan(warmUp?.writes ?? 0);
  }
  // Between that and the first pass comes the one that is not counted, of three writes a client.
  const [first] = passes;
  const firstVersion = Math.min(...(first?.samples ?? []).map(({ version }) => version));
  expect(firstVersion).toBeGreaterThan((first?.warmUp?.writes ?? 0) + 4 * 3);
});

test("a follower's address will do, since it knows its leader", async () => {
  const { followers } = await start(2);
  const target = followers[0]?.url ?? "";
  await runCli("--target", target, "--quorums", "2", "--writes", "1", "--clients", "1", ...cold());
  const measured = await results();
  expect(measured.leader).toBe("leader");
  expect(measured.passes[0]?.samples).toHaveLength(1);
  expect((await runCli("diff", "--target", target, "--wait", "600000")).code).toBe(0);
});

test("exit code 130: Ctrl-C in the middle keeps what was measured and gives settings back", async () => {
  const { leader } = await start(2);
  const before = await statusOf(leader.url);
  const run = startCli(
    ...["--target", leader.url, "--quorums", "1-2", "--writes", "200", "--max-delay", "300"],
    ...["--progress", "json", ...cold()],
  );
  await run.untilSaid('"type":"write"');
  expect((await statusOf(leader.url)).config.maxDelay).toBe(300);
  run.child.kill("SIGINT");
  const { code, stderr } = await run.ended;
  expect(code).toBe(130);
  expect(stderr).toContain("interrupted");
  expect((await statusOf(leader.url)).config).toEqual(before.config);
  const measured = await results();
  expect(measured.cutShort).toBe("interrupted");
  expect(measured.passes[0]?.samples.length).toBeGreaterThan(0);
  expect(measured.passes[0]?.complete).toBe(false);
});

test("Ctrl-C on own processes leaves none behind", async () => {
  const run = startCli("--quorums", "3", "--progress", "json", ...cold());
  await run.untilSaid('"type":"write"');
  run.child.kill("SIGINT");
  expect((await run.ended).code).toBe(130);
  expect((await results()).passes[0]?.samples.length).toBeGreaterThan(0);
});

test("exit code 3: a leader that dies in the middle ends the run, with what was measured", async () => {
  const { leader } = await start(2);
  const run = startCli(
    ...["--target", leader.url, "--quorums", "1-2", "--writes", "200", "--clients", "2"],
    ...["--max-delay", "100", "--progress", "json", ...cold(), "--max-failed", "100%"],
  );
  await run.untilSaid('"writesDone":3');
  await leader.kill();
  const { code, stderr } = await run.ended;
  expect(stderr).toContain("got no answer");
  expect(code).toBe(3);
  const measured = await results();
  expect(measured.passes[0]?.samples.length).toBeGreaterThanOrEqual(3);
  expect(measured.cutShort).toMatch(/got no answer/);
});

test("a pass in which the leader is replaced is made again, and the report says so", async () => {
  const options = { followers: 4, failover: true, disk: true };
  cluster = await startCluster({ ...options, env: { WRITE_QUORUM: "2", MAX_DELAY: "3" } });
  const acting = await cluster.untilLed();
  const other = cluster.nodes.find((node) => node !== acting);
  const run = startCli(
    ...["--target", other?.url ?? "", "--quorums", "2", "--writes", "60", "--clients", "2"],
    ...["--min-delay", "50", "--max-delay", "60", "--progress", "json", ...cold()],
    ...["--max-failed", "100%"],
  );
  await run.untilSaid('"writesDone":3');
  await acting.kill();
  const { stderr } = await run.ended;
  const measured = await results();
  expect(measured.cutShort, stderr).toBeNull();
  expect(measured.leaderChanges).toEqual([{ quorum: 2, round: 1, from: acting.id }]);
  expect(measured.leader).not.toBe(acting.id);
  expect(measured.passes.map(({ samples }) => samples.length)).toEqual([120]);
});

test("exit code 4: followers that die in the middle make too many writes fail", async () => {
  const { leader, followers } = await start(2);
  const run = startCli(
    ...["--target", leader.url, "--quorums", "2", "--writes", "100", "--max-delay", "50"],
    ...["--progress", "json", ...cold()],
  );
  await run.untilSaid('"writesDone":3');
  await Promise.all(followers.map((follower) => follower.kill()));
  const { code, stderr } = await run.ended;
  expect(stderr).toMatch(/had no success; the first: (QUORUM_UNAVAILABLE|OUTCOME_UNKNOWN)/);
  expect(code).toBe(4);
  expect((await results()).passes[0]?.failures.length).toBeGreaterThan(100);
});

test("exit code 1: writes that fail, where that is not too many, fail their verdict", async () => {
  const { leader, followers } = await start(2);
  await followers[1]?.kill();
  const words = ["--quorums", "2", "--writes", "2", "--clients", "1", "--max-failed", "100%"];
  const { code, stdout } = await runCli("--target", leader.url, ...words, "--json", ...cold());
  expect(code).toBe(1);
  const { verdicts } = JSON.parse(stdout);
  expect(verdicts.find(({ id }: { id: string }) => id === "failures").state).toBe("failed");
});
