import { expect, test } from "vitest";
import { readConfig } from "../config/read.ts";
import { ConfigError } from "../config/refusals.ts";
import { readOptions } from "./command-line.ts";
import { planCluster } from "./plan.ts";

test("six nodes get the documented ids, ports and folders", () => {
  const nodes = planCluster(readOptions([]), {});
  expect(nodes.map(({ id, port, grpcPort }) => `${id} ${port} ${grpcPort}`)).toEqual([
    "leader 4567 5567",
    "follower1 4568 5568",
    "follower2 4569 5569",
    "follower3 4570 5570",
    "follower4 4571 5571",
    "follower5 4572 5572",
  ]);
  expect(readConfig(nodes[2]?.env ?? {})).toMatchObject({
    nodeId: "follower2",
    leader: "leader",
    port: 4569,
    grpcPort: 5569,
    advertiseUrl: "http://127.0.0.1:4569",
    dataDir: "data/follower2",
    writeQuorum: 3,
    faults: true,
  });
});

test("--memory leaves no data folder, even where DATA_DIR is set around it", () => {
  const nodes = planCluster(readOptions(["--memory"]), { DATA_DIR: "/somewhere" });
  expect(nodes.map((node) => readConfig(node.env).dataDir)).toEqual(Array(6).fill(""));
});

test("other settings come from the environment; identity and addresses do not", () => {
  const around = { TIMEOUT: "700", LOG_LEVEL: "debug", NODE_ID: "x", ADVERTISE_URL: "http://x" };
  const config = readConfig(planCluster(readOptions([]), around)[0]?.env ?? {});
  expect(config).toMatchObject({ timeout: 700, logLevel: "debug", nodeId: "leader" });
  expect(config.advertiseUrl).toBe("http://127.0.0.1:4567");
});

test("METRICS_PORT is that of the first node, and the others take the next ones", () => {
  const portsWith = (given: string) =>
    planCluster(readOptions(["--followers", "2"]), { METRICS_PORT: given }).map(
      (node) => readConfig(node.env).metricsPort,
    );
  expect(portsWith("9100")).toEqual([9100, 9101, 9102]);
  expect(portsWith("0")).toEqual([0, 0, 0]);
  expect(portsWith("")).toEqual([undefined, undefined, undefined]);
  expect(() => portsWith("x")).toThrow(ConfigError);
});

test("a bad setting around it stops everything before a process starts", () => {
  expect(() => planCluster(readOptions([]), { TIMEOUT: "soon" })).toThrow(ConfigError);
});

test("the nodes of one start share a random secret, unless the surroundings name one", () => {
  const secretsOf = (around: Record<string, string>) =>
    planCluster(readOptions([]), around).map(({ env }) => env["CLUSTER_SECRET"]);
  const first = secretsOf({ CLUSTER_SECRET: "" });
  expect(new Set(first).size).toBe(1);
  expect(first[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(secretsOf({})[0]).not.toBe(first[0]);
  expect(secretsOf({ CLUSTER_SECRET: "0123456789abcdef" })[5]).toBe("0123456789abcdef");
});
