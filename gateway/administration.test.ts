/** Who may administer a node that has no tokens: clients on its machine, or everybody with ADMIN=1. */
import { networkInterfaces } from "node:os";
import { afterEach, describe, expect, test } from "vitest";
import { need } from "../test/support/programs.ts";
import { ask, type RestCall } from "../test/support/rest.ts";
import { type SmallCluster, startSmallCluster } from "../test/support/small-cluster.ts";

let cluster: SmallCluster | undefined;
const start = async (given: Parameters<typeof startSmallCluster>[0] = {}) => {
  cluster = await startSmallCluster(given);
  return cluster.leader.gateway.url;
};
afterEach(() => cluster?.close());

/** Each with a body that is refused once its caller is known to be permitted. */
const administrative: readonly (readonly [method: string, target: string])[] = [
  ["PATCH", "/config"],
  ["POST", "/leader"],
  ["POST", "/sweeps"],
  ["DELETE", "/sweeps/none"],
  ["PUT", "/faults/follower1"],
  ["DELETE", "/faults/follower1"],
  ["DELETE", "/faults"],
  ["POST", "/control/leader/kill"],
];
/** With FAILOVER=1 `POST /leader` has something to refuse, and with CONTROL_URL there are processes. */
const settings = { faults: true, failover: true, controlUrl: "http://127.0.0.1:9/token" };
const call = (method: string, headers: Record<string, string>): RestCall => ({
  method,
  headers,
  body: { unknown: 1 },
});
const elsewhere = { "x-forwarded-for": "10.0.0.7" };
const reads = ["/faults", "/sweeps", "/status", "/cluster", "/read", "/metrics", "/readyz"];

describe("without tokens", () => {
  test("a client on this machine administers", async () => {
    const url = await start({ followers: 1, settings });
    for (const [method, target] of administrative) {
      const { status } = await ask(url, target, call(method, {}));
      expect([method, target, status]).not.toEqual([method, target, 403]);
    }
    const changed = await ask(url, "/config", { method: "PATCH", body: { writeQuorum: 0 } });
    expect(changed.status).toBe(200);
  });

  test.each([
    ["x-forwarded-for", "10.0.0.7"],
    ["x-forwarded-for", "127.0.0.1, 10.0.0.7"],
    ["x-real-ip", "10.0.0.7"],
    ["forwarded", "for=10.0.0.7;proto=http"],
    ["forwarded", "proto=http"],
  ])(
    "a client elsewhere, behind a proxy on this machine, does not (%s: %s)",
    async (name, value) => {
      const url = await start({ followers: 1, settings });
      for (const [method, target] of administrative) {
        const answer = await ask(url, target, call(method, { [name]: value }));
        expect([method, target, answer.status, answer.json["code"]]).toEqual([
          method,
          target,
          403,
          "PERMISSION_DENIED",
        ]);
      }
      expect((await ask(url, "/status")).json["config"]).toMatchObject({ writeQuorum: 1 });
    },
  );

  test("the refusal says how to open administration", async () => {
    const url = await start({ settings });
    const answer = await ask(url, "/config", call("PATCH", elsewhere));
    expect(answer.json["detail"]).toContain("ADMIN=1");
    expect(answer.json["detail"]).toContain("TOKENS_FILE");
  });

  test("reads and writes stay open to it", async () => {
    const url = await start({ settings });
    for (const target of reads) {
      expect([target, (await ask(url, target, { headers: elsewhere })).status]).toEqual([
        target,
        200,
      ]);
    }
    const write = { method: "PUT", headers: elsewhere, body: { key: "a", value: 1 } };
    expect((await ask(url, "/write", write)).status).toBe(200);
  });

  test("ADMIN=1 opens administration to it", async () => {
    const url = await start({ settings: { ...settings, admin: true } });
    const change = { method: "PATCH", headers: elsewhere, body: { maxDelay: 1 } };
    expect((await ask(url, "/config", change)).status).toBe(200);
  });

  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === "IPv4")?.address;
  test("a client at another address does not administer", async (context) => {
    need(context, { "an address beyond loopback": outside });
    const url = await start({ settings: { ...settings, host: "0.0.0.0" } });
    const there = url.replace("127.0.0.1", outside ?? "");
    const answer = await ask(there, "/config", call("PATCH", {}));
    expect(answer).toMatchObject({ status: 403, json: { code: "PERMISSION_DENIED" } });
    expect((await ask(url, "/config", call("PATCH", {}))).status).toBe(400);
  });
});

describe("through another member", () => {
  const through = (headers: Record<string, string>) =>
    ask(cluster?.followers[0]?.gateway.url ?? "", "/nodes/leader/config", {
      method: "PATCH",
      headers,
      body: { maxDelay: 1 },
    });

  test("a client on this machine administers", async () => {
    await start({ followers: 1, settings });
    expect((await through({})).status).toBe(200);
  });

  test("that member refuses by its own rule", async () => {
    await start({ followers: 1, settings: (id) => ({ ...settings, admin: id === "leader" }) });
    const answer = await through(elsewhere);
    expect(answer).toMatchObject({ status: 403, headers: { "x-kv-node": "follower1" } });
  });

  test("the member it goes to learns where the call came from, and decides again", async () => {
    await start({ followers: 1, settings: (id) => ({ ...settings, admin: id !== "leader" }) });
    const answer = await through(elsewhere);
    expect(answer).toMatchObject({ status: 403, headers: { "x-kv-node": "leader" } });
    expect((await through({})).status).toBe(200);
  });
});
