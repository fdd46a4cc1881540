/** A leader killed with writes under way: what gRPC clients are told, and what is stored. */
import { once } from "node:events";
import { Metadata, status } from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import type { WatchResponse } from "../../gateway/grpc/generated/quorumkv/v1/kv.ts";
import { startCluster } from "../support/cluster.ts";
import { errorOf, refusalOf, retrying, TestClient } from "../support/kv-client.ts";

/** No write settles while the first leader runs; every one may later. */
const unsettled = { WRITE_QUORUM: "2", MIN_DELAY: "60000", MAX_DELAY: "60000", TIMEOUT: "600000" };

/** Waits for the leader's return as long as it takes. */
const putPatiently = (client: TestClient, key: string, ifVersion?: string) =>
  new Promise<void>((resolve, reject) => {
    const request = { key, value: "1", options: { trace: false, ifVersion } };
    client.raw.write(request, new Metadata({ waitForReady: true }), (error) =>
      error === null ? resolve() : reject(error),
    );
  });

test("a write whose leader dies is stored once, and nobody says that nothing was written", async () => {
  const cluster = await startCluster({ followers: 2, disk: true, env: unsettled });
  onTestFinished(() => cluster.close());
  const { leader } = cluster;
  const usual = new TestClient(leader.grpcPort);
  const repeating = new TestClient(leader.grpcPort, retrying);
  onTestFinished(() => {
    usual.close();
    repeating.close();
  });

  const broken = errorOf(usual.put("usual", "1"));
  const repeated = refusalOf(putPatiently(repeating, "repeated"));
  const conditional = refusalOf(putPatiently(repeating, "conditional", "0"));
  type View = { nodes: { id: string; acked: number }[] };
  const isFlushed = ({ nodes }: View) =>
    nodes.some(({ id, acked }) => id === "leader" && acked >= 3);
  await leader.until("/cluster", isFlushed);
  await leader.kill();

  const { code, metadata } = await broken;
  expect([code, metadata.get("kv-code")]).toEqual([status.UNAVAILABLE, []]);

  leader.start({ env: { MIN_DELAY: "0", MAX_DELAY: "0" } });
  expect(await repeated).toMatchObject({
    ...{ status: status.DEADLINE_EXCEEDED, code: "OUTCOME_UNKNOWN" },
  });
  const { code: conditionalCode } = await conditional;
  expect(["OUTCOME_UNKNOWN", "VERSION_MISMATCH"]).toContain(conditionalCode);
  await leader.untilReady();

  await usual.put("last", "1");
  const stream = usual.raw.watch({ prefix: "", after: "0" }).on("error", () => {});
  const keys: string[] = [];
  stream.on("data", ({ key }: WatchResponse) => keys.push(key));
  while (!keys.includes("last")) await once(stream, "data");
  stream.cancel();
  expect(keys.toSorted()).toEqual(["conditional", "last", "repeated", "usual"]);
});
