/** The recorder of transactions itself: a cluster that forgets idempotency keys is found out. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { check } from "../../src/virtual/linearizability/check.ts";
import { findAnomaly } from "../../src/virtual/linearizability/transactions.ts";
import { type Contact, fixedContact } from "../support/contact.ts";
import { HttpClient } from "../support/http-client.ts";
import { type SmallCluster, startSmallCluster } from "../support/small-cluster.ts";
import { Recorder } from "./recorder.ts";
import { Transacting, withOtherWrites } from "./transacting.ts";

let cluster: SmallCluster;
const client = new HttpClient();
beforeAll(async () => {
  cluster = await startSmallCluster({ followers: 2 });
});
afterAll(async () => {
  client.close();
  await cluster?.close();
});

const bench = () => {
  const recorder = new Recorder({ electing: false });
  return { recorder, transacting: new Transacting(recorder) };
};
const direct = (): Contact => fixedContact(client, cluster.leader.gateway.url);
const write = { client: "c", body: {}, timeoutMs: 60_000 };

test("writes that are sent again, and writes that rest on a view, are explained", async () => {
  const { recorder, transacting } = bench();
  const contact = direct();
  const put = [{ key: "a", value: '"once"' }];
  const keyed = { ...write, idempotencyKey: "k-1", repeats: 2 };
  const version = await transacting.write(contact, { ...keyed, operations: put });
  const intent = { client: "d", kind: "put", key: "b", value: "1" } as const;
  const body = { key: "b", value: 1 };
  await recorder.perform(contact, intent, { method: "PUT", path: "/write", body });
  const seen = await transacting.view(contact, {
    client: "c",
    keys: ["a", "c"],
    timeoutMs: 60_000,
  });
  expect(seen).toEqual([
    { key: "a", version },
    { key: "c", version: 0 },
  ]);
  const operations = [
    { key: "a", ifVersion: version, isCheck: true },
    { key: "c", value: "1", ifVersion: 0 },
  ];
  for (const idempotencyKey of ["k-2", "k-3"])
    await transacting.write(contact, { ...write, operations, idempotencyKey, repeats: 1 });
  expect(transacting.counts).toEqual({ views: 1, checked: 1, repeated: 3 });
  expect(recorder.history.filter(({ outcome }) => outcome === "mismatch")).toHaveLength(2);
  expect(recorder.offences).toEqual([]);
  expect(check(recorder.history)).toMatchObject({ verdict: "ok" });
  const all = withOtherWrites(transacting.transactions, recorder.history);
  expect(all).toHaveLength(4);
  expect(findAnomaly(all)).toBeUndefined();
});

test("a write that takes effect with each attempt is an offence", async () => {
  const { recorder, transacting } = bench();
  const contact = direct();
  const deaf: Contact = { ask: ({ headers: _, ...question }) => contact.ask(question) };
  const operations = [{ key: "twice", value: "1" }];
  const keyed = { ...write, operations, idempotencyKey: "k-4", repeats: 1 };
  await transacting.write(deaf, keyed);
  expect(recorder.offences).toEqual([expect.stringContaining("k-4 took effect twice")]);
});
