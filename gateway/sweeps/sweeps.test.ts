import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { succeeded } from "../../src/errors.ts";
import type { KvNode, LiveConfig } from "../../src/node/api.ts";
import { silentLog } from "../../test/support/small-cluster.ts";
import { eventsOf, readLine } from "./lines.ts";
import { simulationFolder } from "./program.ts";
import { createSweeps } from "./sweeps.ts";

const inForce: LiveConfig = { writeQuorum: 2, minDelay: 5, maxDelay: 9, followerDelays: {} };
const request = {
  quorums: [1],
  clients: 1,
  writes: 1,
  rounds: 1,
  minDelay: 0,
  maxDelay: 10,
  seed: 1,
};

/** Just enough of a node for a sweep to begin on. */
const nodeThatHears = (configured: Partial<LiveConfig>[]) =>
  ({
    status: () => ({ config: inForce }),
    configure: (change: Partial<LiveConfig>) => {
      configured.push(change);
      return succeeded(inForce);
    },
  }) as unknown as KvNode;

const at = (url: () => string) => async () => ({ url: url(), close() {} });

test("a run that fails says why, and the delays from before are put back", async () => {
  const configured: Partial<LiveConfig>[] = [];
  const url = () => "http://127.0.0.1:1";
  const sweeps = createSweeps({
    node: nodeThatHears(configured),
    log: silentLog,
    openAddress: at(url),
  });
  const job = await sweeps.start(request);
  if (!job.ok) throw new Error("nothing else runs");
  await new Promise<void>((resolve) => {
    job.value.follow(({ name }) => name === "done" && resolve());
  });
  expect(job.value.describe()).toMatchObject({ state: "failed", results: [] });
  expect(job.value.describe().error).toMatch(/got no answer/);
  expect(configured).toEqual([{ minDelay: 5, maxDelay: 9, followerDelays: {} }]);
  expect(sweeps.find(job.value.id)).toBe(job.value);
  sweeps.close();
  expect(existsSync(job.value.directory)).toBe(false);
});

test("a process that is killed leaves no delays behind either", async () => {
  const configured: Partial<LiveConfig>[] = [];
  // A node that never answers keeps the run going until it is killed.
  const silent = createServer(() => undefined);
  await once(silent.listen(0, "127.0.0.1"), "listening");
  const url = () => `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const sweeps = createSweeps({
    node: nodeThatHears(configured),
    log: silentLog,
    openAddress: at(url),
  });
  const job = await sweeps.start(request);
  if (!job.ok) throw new Error("nothing else runs");
  const ended = new Promise<void>((resolve) => {
    job.value.follow(({ name }) => name === "done" && resolve());
  });
  job.value.kill();
  await ended;
  expect(job.value.describe().state).toBe("failed");
  expect(configured).toHaveLength(1);
  sweeps.close();
  silent.closeAllConnections();
  silent.close();
});

test("without the simulation's dependencies a sweep is refused, and nothing is borrowed", async () => {
  const configured: Partial<LiveConfig>[] = [];
  const folder = mkdtempSync(join(tmpdir(), "quorum-kv-node-"));
  const options = { node: nodeThatHears(configured), log: silentLog, openAddress: at(() => "") };
  const sweeps = createSweeps({ ...options, simulation: pathToFileURL(`${folder}/`) });
  const refused = async () => {
    const job = await sweeps.start(request);
    return job.ok ? undefined : job.failure;
  };
  expect(await refused()).toMatchObject({
    code: "NOT_FOUND",
    detail: expect.stringContaining("not installed on this node (missing: simulation/)"),
  });
  cpSync(join(simulationFolder.pathname, "package.json"), join(folder, "package.json"));
  mkdirSync(join(folder, "node_modules/zod"), { recursive: true });
  writeFileSync(join(folder, "node_modules/zod/package.json"), '{ "name": "zod" }');
  expect(await refused()).toMatchObject({
    code: "NOT_FOUND",
    detail: expect.stringMatching(/missing: autocannon, .*vega, vega-lite\)/),
  });
  expect((await refused())?.detail).not.toContain("zod");
  expect(sweeps.list()).toEqual([]);
  expect(configured).toEqual([]);
  rmSync(folder, { recursive: true });
});

test("lines for people are not taken for progress", () => {
  expect(readLine("simulate: interrupted")).toBeUndefined();
  expect(readLine('{"type":"weather"}')).toBeUndefined();
  const line = readLine(
    '{"type":"write","quorum":1,"round":1,"latencyMs":null,"writesDone":1,"writesTotal":2,"meanMs":null,"theoryMs":5,"secondsLeft":3}',
  );
  expect(line && eventsOf(line).map(({ name }) => name)).toEqual(["progress"]);
});

test("where nothing can be written, the refusal says so", async () => {
  const configured: Partial<LiveConfig>[] = [];
  const url = () => "http://127.0.0.1:1";
  const sweeps = createSweeps({
    node: nodeThatHears(configured),
    log: silentLog,
    openAddress: at(url),
  });
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = "/dev/null";
  const refused = await sweeps.start(request);
  if (before === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = before;
  expect(refused).toMatchObject({
    failure: {
      code: "NOT_FOUND",
      detail: expect.stringMatching(/^Sweeps are not available: .*\(ENOTDIR: .*\)\.$/),
    },
  });
  expect(sweeps.list()).toEqual([]);
  expect(configured).toEqual([]);
  sweeps.close();
});
