/** However a request hides where it ends, one request is answered, and nothing inside it is carried out. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "../support/rest.ts";
import { type SmallCluster, startSmallCluster } from "../support/small-cluster.ts";
import { documented } from "./documented.ts";
import { smuggledKey, smugglingForms, statusesIn } from "./smuggling.ts";
import { exchangeRaw } from "./sockets.ts";

let cluster: SmallCluster;
beforeAll(async () => {
  cluster = await startSmallCluster({ followers: 1 });
});
afterAll(() => cluster.close());

const ways = {
  "at the leader": { path: "/write", at: () => cluster.leader.gateway },
  "through a follower to the leader": {
    path: "/nodes/leader/write",
    at: () => (cluster.followers[0] ?? cluster.leader).gateway,
  },
  "through the leader to itself": {
    path: "/nodes/@leader/write",
    at: () => cluster.leader.gateway,
  },
} as const;
const cases = Object.entries(ways).flatMap(([way, { path, at }]) =>
  [...smugglingForms(path)].map(([name, bytes]) => [name, way, bytes, at] as const),
);
const refusals = new Set(Object.values(documented).map(([status]) => status));

test.each(cases)("%s, %s", async (_name, _way, bytes, at) => {
  const text = await exchangeRaw(at().port, bytes);
  const statuses = statusesIn(text);
  // A refusal may take the connection with it before anybody can answer.
  expect(statuses.length, text).toBeLessThanOrEqual(1);
  for (const status of statuses) expect(refusals, text).toContain(status);
  expect(text).not.toContain(" 101 ");
  expect(text).not.toContain(`"key":"${smuggledKey}"`);
  const { url } = cluster.leader.gateway;
  expect((await ask(url, `/read?key=${smuggledKey}`)).status).toBe(404);
});

test("connections between nodes carry on: each caller gets its own answer", async () => {
  const [follower] = cluster.followers;
  const port = follower?.gateway.port ?? 0;
  const forms = [...smugglingForms("/nodes/leader/write").values()];
  for (let round = 0; round < 3; round += 1) {
    const attacks = forms.map((bytes) => exchangeRaw(port, bytes));
    const calls = Array.from({ length: 40 }, async (_, index) => {
      const key = `own ${round} ${index}`;
      const call = { method: "PUT", body: { key, value: index } };
      const written = await ask(follower?.gateway.url ?? "", "/nodes/leader/write", call);
      expect(written).toMatchObject({ status: 200, json: { key } });
    });
    await Promise.all([...attacks, ...calls]);
  }
});

test("the hidden request works where nothing hides it", async () => {
  const bytes = smugglingForms("/write").get("HTTP/0.9") ?? Buffer.alloc(0);
  const plain = bytes.subarray(bytes.indexOf("\n") + 1);
  expect(statusesIn(await exchangeRaw(cluster.leader.gateway.port, plain))).toEqual([200]);
  expect((await ask(cluster.leader.gateway.url, `/read?key=${smuggledKey}`)).status).toBe(200);
});
