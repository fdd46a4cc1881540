/** Reads that wait for their `minVersion`, and who gives way when there are too many. */
import { expect, onTestFinished, test } from "vitest";
import { FairSlots } from "../src/intake/fair-slots.ts";
import { createIntake } from "../src/intake/intake.ts";
import { openToAll } from "../test/support/open-access.ts";
import { ask } from "../test/support/rest.ts";
import { silentLog, startSmallCluster } from "../test/support/small-cluster.ts";
import { startGateway } from "./gateway.ts";
import { createMetrics } from "./metrics.ts";
import { whenPlaced } from "./waiting-reads.ts";

test("one address cannot take all places of reads that wait, and writes go on", async () => {
  const cluster = await startSmallCluster();
  const { node, config } = cluster.leader;
  const waitingReads = new FairSlots({ max: 3 });
  const intake = { ...createIntake(), waitingReads };
  const parts = { node, access: openToAll(), metrics: createMetrics({ intake }), log: silentLog };
  const { close, url } = await startGateway({ ...parts, config: { ...config, port: 0 }, intake });
  onTestFinished(async () => {
    await close();
    await cluster.close();
  });
  const write = async () => {
    const answer = await ask(url, "/write", { method: "PUT", body: { key: "k", value: 1 } });
    expect(answer.status).toBe(200);
    return Number(answer.json["version"]);
  };
  const first = await write();
  const next = first + 1;
  const one = `/read?key=k&minVersion=${next}`;
  const many = { method: "POST", body: { keys: ["k"], minVersion: next } };
  const waits = async (target: string, options: Parameters<typeof ask>[2] = {}) => {
    const before = waitingReads.count + waitingReads.cut;
    const answer = ask(url, target, options);
    while (waitingReads.count + waitingReads.cut === before) await new Promise(setImmediate);
    return { answer };
  };
  const held = [await waits(one), await waits("/read", many), await waits(one)];
  for (const call of [ask(url, one), ask(url, "/read", many)])
    expect(await call).toMatchObject({ status: 503, json: { code: "OVERLOADED" } });
  // What need not wait takes no place.
  for (const target of [`/read?key=k&minVersion=${first}`, "/read?key=k"])
    expect(await ask(url, target)).toMatchObject({ status: 200 });
  const other = await waits(one, { from: "127.0.0.2" });
  expect(await held[0]?.answer).toMatchObject({ status: 503, json: { code: "OVERLOADED" } });
  expect(await write()).toBe(next);
  for (const { answer } of [...held.slice(1), other])
    expect(await answer).toMatchObject({ status: 200 });
  expect(waitingReads).toMatchObject({ count: 0, cut: 1 });
});

test("a read that fails gives its place back", () => {
  const places = new FairSlots({ max: 3 });
  const read = () => {
    throw new Error("the disk cannot be read");
  };
  expect(() => whenPlaced({ places, address: "127.0.0.1", read })).toThrow("the disk");
  expect(places.count).toBe(0);
});
