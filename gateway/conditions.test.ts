/** Versions as entity tags: conditions of reads and writes in the head of a request (RFC 9110). */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, type RestCall } from "../test/support/rest.ts";
import { type SmallCluster, startSmallCluster } from "../test/support/small-cluster.ts";

let cluster: SmallCluster;
beforeAll(async () => {
  cluster = await startSmallCluster({ followers: 1 });
});
afterAll(() => cluster.close());

const leader = (target: string, call?: RestCall) => ask(cluster.leader.gateway.url, target, call);
const put = async (key: string, value: unknown): Promise<number> => {
  const { json } = await leader("/write", { method: "PUT", body: { key, value } });
  return Number(json["version"]);
};
/** On the leader, on a follower, and through the one to the other. */
const ways = [
  ["the leader", (target: string, call?: RestCall) => leader(target, call)],
  ["a follower", (target: string, call?: RestCall) => follower(target, call)],
  ["a member", (target: string, call?: RestCall) => leader(`/nodes/follower1${target}`, call)],
] as const;
const follower = (target: string, call?: RestCall) =>
  ask(cluster.followers[0]?.gateway.url ?? "", target, call);

describe.each(ways)("a read through %s", (_where, read) => {
  test("carries the version as its tag, and is not sent again to whoever names it", async () => {
    const version = await put("tagged", { a: 1 });
    const target = `/read?key=tagged&minVersion=${version}`;
    const first = await read(target);
    expect(first).toMatchObject({ status: 200, headers: { etag: `"${version}"` } });
    for (const named of [`"${version}"`, `W/"${version}"`, `"1x", "${version}"`, "*"]) {
      const again = await read(target, { headers: { "if-none-match": named } });
      expect(again, named).toMatchObject({ status: 304, text: "" });
      expect(again.headers.etag).toBe(`"${version}"`);
    }
    for (const other of [`"${version + 1}"`, String(version), '""']) {
      expect((await read(target, { headers: { "if-none-match": other } })).status).toBe(200);
    }
  });

  test("answers the bare value with raw=true", async () => {
    const version = await put("raw", [1.5, "ü"]);
    const target = `/read?key=raw&minVersion=${version}&raw=true`;
    const { status, headers, text } = await read(target);
    expect([status, text, headers.etag]).toEqual([200, '[1.5,"ü"]', `"${version}"`]);
    expect(headers["content-type"]).toBe("application/json");
    const tag = { headers: { "if-none-match": `"${version}"` } };
    expect((await read(target, tag)).status).toBe(304);
  });

  test("of an absent key is 404 whatever the condition", async () => {
    const headers = { "if-none-match": "*" };
    const answer = await read("/read?key=absent", { headers });
    expect(answer).toMatchObject({ status: 404, json: { code: "KEY_NOT_FOUND" } });
    expect(answer.headers.etag).toBeUndefined();
  });
});

test.each(["/read?key=a&raw=yes", "/read?raw=true", "/read?prefix=a&raw=false"])(
  "%s is refused",
  async (target) => {
    expect(await leader(target)).toMatchObject({ status: 400, json: { code: "INVALID_ARGUMENT" } });
  },
);

describe.each([
  ["the leader", (call: RestCall) => leader("/write", call)],
  ["another node", (call: RestCall) => follower("/nodes/@leader/write", call)],
] as const)("a write through %s", (_where, write) => {
  test("with If-Match replaces that version and no other", async () => {
    const version = await put("matched", 1);
    const stale = { method: "PUT", body: { key: "matched", value: 2 } };
    const done = await write({ ...stale, headers: { "if-match": `"${version}"` } });
    expect(done.status).toBe(200);
    const late = await write({ ...stale, headers: { "if-match": `"${version}"` } });
    const byBody = await write({ method: "PUT", body: { ...stale.body, ifVersion: version } });
    expect(late).toMatchObject({
      status: 412,
      headers: { "content-type": "application/problem+json" },
      json: { code: "VERSION_MISMATCH", status: 412, version: done.json["version"] },
    });
    expect(byBody.status).toBe(409);
    expect({ ...late.json, status: 409 }).toEqual(byBody.json);
  });

  test("with If-None-Match: * creates a key once", async () => {
    const key = `created through ${_where}`;
    const create = { method: "PUT", body: { key, value: 1 }, headers: { "if-none-match": "*" } };
    expect((await write(create)).status).toBe(200);
    expect(await write(create)).toMatchObject({ status: 412, json: { code: "VERSION_MISMATCH" } });
  });

  test("with the tag of a compressed answer means the same version", async () => {
    const version = await put("zipped", "x".repeat(5000));
    const read = { headers: { "accept-encoding": "gzip" } };
    const tag = String((await leader("/read?key=zipped", read)).headers.etag);
    expect(tag).toBe(`"${version}-gzip"`);
    const call = { method: "DELETE", body: { key: "zipped" }, headers: { "if-match": tag } };
    expect((await write(call)).status).toBe(200);
  });

  test.each(['W/"V"', '"0"', '"0V"', '"other"', '""'])(
    "with If-Match: %s names no version, so it fails",
    async (tag) => {
      const version = await put("unnamed", 1);
      const headers = { "if-match": tag.replace("V", String(version)) };
      const answer = await write({ method: "PUT", body: { key: "unnamed", value: 2 }, headers });
      expect(answer).toMatchObject({ status: 412, json: { code: "VERSION_MISMATCH", version } });
    },
  );

  test("with a list takes the one version in it", async () => {
    const version = await put("list", 1);
    const headers = { "if-match": `W/"9", "other",, "${version}"` };
    expect((await write({ method: "PUT", body: { key: "list", value: 2 }, headers })).status).toBe(
      200,
    );
  });

  test.each<Record<string, string>>([
    { "if-match": '"1", "2"' },
    { "if-match": "*" },
    { "if-match": "1" },
    { "if-match": "" },
    { "if-match": '"1' },
    { "if-match": '"1" "2"' },
    { "if-none-match": '"1"' },
    { "if-none-match": "" },
    { "if-match": '"1"', "if-none-match": "*" },
  ])("with %j is refused", async (headers) => {
    const answer = await write({ method: "PUT", body: { key: "refused", value: 1 }, headers });
    expect(answer).toMatchObject({ status: 400, json: { code: "INVALID_ARGUMENT" } });
    expect((await leader("/read?key=refused")).status).toBe(404);
  });

  test("with a condition in head and body is refused", async () => {
    const body = { key: "refused", value: 1, ifVersion: 0 };
    const answer = await write({ method: "PUT", body, headers: { "if-none-match": "*" } });
    expect(answer).toMatchObject({ status: 400, json: { code: "INVALID_ARGUMENT" } });
  });
});

test("a condition in the head holds for each operation of a batch without its own", async () => {
  const version = await put("old", 1);
  const operations = [
    { put: { key: "old", value: 2, ifVersion: version } },
    { put: { key: "new", value: 1 } },
  ];
  const batch = { method: "POST", body: { operations }, headers: { "if-none-match": "*" } };
  expect((await leader("/write/batch", batch)).status).toBe(200);
  expect((await leader("/write/batch", batch)).status).toBe(412);
});
