/** What a page elsewhere can make a browser send changes nothing, starts nothing and reads nothing. */

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "../support/rest.ts";
import { type SmallCluster, startSmallCluster } from "../support/small-cluster.ts";
import { findFault } from "./documented.ts";

let cluster: SmallCluster;
/** Stands for `npm start`, and notes what it is asked to do. */
let launcher: Server;
const launched: string[] = [];

beforeAll(async () => {
  launcher = createServer((request, response) => {
    if (request.method !== "GET") launched.push(`${request.method} ${request.url}`);
    response.end('{"nodes":{}}');
  }).listen(0, "127.0.0.1");
  await once(launcher, "listening");
  const controlUrl = `http://127.0.0.1:${(launcher.address() as AddressInfo).port}/token`;
  cluster = await startSmallCluster({ followers: 1, settings: { faults: true, controlUrl } });
  const seed = { method: "PUT", body: { key: "kept", value: 1 } };
  expect((await ask(cluster.leader.gateway.url, "/write", seed)).status).toBe(200);
});
afterAll(async () => {
  await cluster.close();
  launcher.close();
});

/** Every call that changes something, with a body that it would take. */
const calls = [
  ["POST", "/read", { keys: ["kept"] }],
  ["PUT", "/write", { key: "kept", value: 2 }],
  ["DELETE", "/write", { key: "kept" }],
  ["POST", "/write/batch", { operations: [{ put: { key: "kept", value: 3 } }] }],
  ["PATCH", "/config", { writeQuorum: 0 }],
  ["POST", "/leader", { to: "follower1" }],
  ["POST", "/leader", {}],
  ["PUT", "/faults/follower1", { cut: true }],
  ["PATCH", "/faults/follower1", { cut: true }],
  ["POST", "/faults/follower1", { cut: true }],
  ["DELETE", "/faults", undefined],
  ["POST", "/control/follower1/kill", undefined],
  ["POST", "/control/leader/stop", {}],
  ["POST", "/sweeps", { quorums: [1], clients: 1, writes: 1, rounds: 1 }],
  ["DELETE", "/sweeps/x", undefined],
  ["POST", "/sweeps/x/cancel", undefined],
] as const;

/** What a form or a script may send to another origin without asking it first. */
const simpleTypes = [
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=b",
];
const origins: readonly Readonly<Record<string, string>>[] = [
  { origin: "http://evil.example", "sec-fetch-site": "cross-site" },
  { origin: "null", "sec-fetch-site": "cross-site" },
  { origin: "http://127.0.0.1:1", "sec-fetch-site": "same-site" },
  { "sec-fetch-site": "cross-site" },
];

async function expectNothingHappened(): Promise<void> {
  const { url } = cluster.leader.gateway;
  expect((await ask(url, "/read?key=kept")).json).toMatchObject({ value: 1, version: 1 });
  expect((await ask(url, "/status")).json).toMatchObject({
    role: "leader",
    config: { writeQuorum: 1 },
  });
  expect((await ask(url, "/faults")).text).not.toMatch(/"cut":true/);
  expect((await ask(url, "/sweeps")).json).toEqual({ sweeps: [] });
  expect(launched).toEqual([]);
}

const ways = ["", "/nodes/leader", "/nodes/@leader", "/nodes/follower1"];
const tries = calls.flatMap(([method, path, body]) =>
  ways.map((way) => [method, `${way}${path}`, body] as const),
);

test.each(tries)("%s %s of another origin is refused", async (method, target, body) => {
  for (const node of [cluster.leader, ...cluster.followers]) {
    for (const from of origins) {
      for (const type of [...simpleTypes, "application/json"]) {
        const headers = { ...from, "content-type": type };
        const answer = await ask(node.gateway.url, target, { method, body, headers });
        expect(findFault(method, answer), answer.text).toBeUndefined();
        expect(answer.json, JSON.stringify(headers)).toMatchObject({ code: "MISDIRECTED" });
        expect(Object.keys(answer.headers).join()).not.toContain("access-control");
      }
    }
  }
  await expectNothingHappened();
});

test.each(tries)("%s %s as a form sends it is refused", async (method, target, body) => {
  // An old browser names neither Origin nor where the call starts. Without a body there is nothing to take
  // for a form.
  if (body === undefined) return;
  for (const type of simpleTypes) {
    const headers = { "content-type": type };
    const answer = await ask(cluster.leader.gateway.url, target, { method, body, headers });
    expect(findFault(method, answer), answer.text).toBeUndefined();
    expect(answer.status, `${type} ${answer.text}`).toBeGreaterThanOrEqual(400);
  }
  if (!target.includes("/control/")) await expectNothingHappened();
});

test.each(["PUT", "PATCH", "DELETE", "POST"])(
  "a page elsewhere is not permitted to %s",
  async (method) => {
    for (const [, target] of tries) {
      const answer = await ask(cluster.leader.gateway.url, target, {
        method: "OPTIONS",
        headers: {
          origin: "http://evil.example",
          "access-control-request-method": method,
          "access-control-request-headers": "content-type",
        },
      });
      expect(Object.keys(answer.headers).join()).not.toContain("access-control");
    }
  },
);

test("a page elsewhere reads nothing either", async () => {
  for (const target of ["/read", "/status", "/cluster", "/metrics", "/events", "/watch?prefix="]) {
    const answer = await ask(cluster.leader.gateway.url, target, { headers: origins[0] ?? {} });
    expect(Object.keys(answer.headers).join()).not.toContain("access-control");
    expect(answer.headers["cross-origin-resource-policy"], target).toBe("same-origin");
    if (target === "/events" || target.startsWith("/watch")) expect(answer.status).toBe(421);
  }
});
