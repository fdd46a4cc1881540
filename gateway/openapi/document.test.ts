/** The OpenAPI document: whole, sound, and true of a real cluster. Answers are judged by `every-answer.ts`. */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStream } from "../../test/support/event-source.ts";
import type { OpenApi, Operation } from "../../test/support/openapi/types.ts";
import { ask, type RestAnswer } from "../../test/support/rest.ts";
import { type SmallCluster, startSmallCluster } from "../../test/support/small-cluster.ts";
import { bearer, TestTokens } from "../../test/support/token-file.ts";
import { errorCodes } from "../problems.ts";

const tokens = new TestTokens();
/** That of the example of `POST /session`. */
const headers = bearer(tokens.add("admin", { role: "admin" }, "kv_example"));
const pageDirectory = mkdtempSync(join(tmpdir(), "quorum-kv-pages-"));
const launcher = createServer((_request, response) => {
  response.end('{"nodes":{"leader":"ready","follower1":"frozen"}}');
});
let cluster: SmallCluster;
let url = "";
let text = "";
let document: OpenApi;

beforeAll(async () => {
  for (const name of ["index.html", "docs.html", "playground.html"])
    writeFileSync(join(pageDirectory, name), "<!doctype html><title>page</title>");
  await once(launcher.listen(0, "127.0.0.1"), "listening");
  const { port } = launcher.address() as AddressInfo;
  const settings = {
    ...{ failover: true, faults: true, tokensFile: tokens.path },
    controlUrl: `http://127.0.0.1:${port}/token`,
  };
  cluster = await startSmallCluster({ followers: 2, settings, pageDirectory });
  const leading = [cluster.leader, ...cluster.followers].find(({ node }) => node.role === "leader");
  url = leading?.gateway.url ?? "";
  // Nobody needs a token for it.
  ({ text } = await ask(url, "/openapi.json"));
  document = JSON.parse(text);
});
afterAll(async () => {
  await cluster.close();
  launcher.close();
  launcher.closeAllConnections();
  tokens.delete();
  rmSync(pageDirectory, { recursive: true });
});

/** What is served beside the table of endpoints. */
const beside = ["/", "/docs", "/playground", "/assets/{file}", "/nodes/{id}", "/nodes/{id}/{path}"];

test("has every call of the table of endpoints, and no other", async () => {
  // The metrics of a node start with a series for each of its calls.
  const { text: metrics } = await ask(url, "/metrics", { headers });
  const served = [
    ...metrics.matchAll(/^kv_http_requests_total\{route="(\/[^"]+)",method="(\w+)",status="200"/gm),
  ].map(([, route = "", method]) => `${method} ${route.replaceAll(/[:*](\w+)/g, "{$1}")}`);
  const documented = Object.entries(document.paths)
    .filter(([path]) => !beside.includes(path))
    .flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    .filter((call) => !/^(?:HEAD|OPTIONS) /.test(call));
  expect(served.length).toBeGreaterThan(20);
  expect(documented.sort()).toEqual([...new Set(served)].sort());
});

test("every path answers exactly the documented methods", async () => {
  for (const [path, methods] of Object.entries(document.paths)) {
    if (path.startsWith("/nodes/") || path === "/assets/{file}") continue;
    const target = path.replaceAll(/\{\w+\}/g, "follower1");
    const { headers: answered } = await ask(url, target, { method: "OPTIONS" });
    const allowed = answered.allow?.toLowerCase().split(", ");
    expect(allowed?.sort(), path).toEqual(Object.keys(methods).sort());
  }
});

test("has a problem document for each error code", () => {
  const { schemas } = document.components;
  const codes = Object.values(schemas).map(({ properties }) => properties?.["code"]?.const);
  expect(codes.filter((code) => code !== undefined).sort()).toEqual([...errorCodes].sort());
  const used = Object.entries(document.paths)
    .flatMap(([, methods]) => Object.values(methods))
    .flatMap(({ responses }) => Object.values(responses))
    .map(({ $ref }) => $ref ?? "")
    .join();
  for (const code of errorCodes) expect(used).toContain(`.${code}`);
});

test("the linter finds nothing", async () => {
  const config = await createConfig({
    extends: ["recommended-strict"],
    rules: {
      // A redirection is all that one path has.
      "operation-2xx-response": "off",
      // It does not look into `x-events`; the next test does.
      "no-unused-components": "off",
    },
  });
  const problems = await lintFromString({ source: text, config });
  const told = problems.map(
    ({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`,
  );
  expect(told).toEqual([]);
});

test("every component is used", () => {
  const unused = Object.entries(document.components).flatMap(([kind, all]) =>
    Object.keys(all)
      .map((name) => `#/components/${kind}/${name}`)
      .filter((pointer) => kind !== "securitySchemes" && !text.includes(`"${pointer}"`)),
  );
  expect(unused).toEqual([]);
});

test("is made once, and not sent to whoever has it", async () => {
  const { headers: first } = await ask(url, "/openapi.json");
  expect(first).toMatchObject({ "cache-control": "no-cache", "x-kv-node": "leader" });
  const known = { "if-none-match": String(first.etag) };
  expect(await ask(url, "/openapi.json", { headers: known })).toMatchObject({ status: 304 });
  expect(await ask(url, "/openapi.json?x=1")).toMatchObject({ status: 400 });
});

/** Later ones need what earlier ones have written. All others come between them. */
const first = ["putKey", "writeBatch"];
const last = ["deleteKey", "startSweep", "moveLeader"];
const rank = ({ operationId }: Operation): number =>
  first.includes(operationId)
    ? first.indexOf(operationId) - first.length
    : 1 + last.indexOf(operationId);

interface Sent {
  readonly operation: Operation;
  readonly name: string;
  readonly answer: RestAnswer | undefined;
}

test("every example is answered as documented", async () => {
  const calls = Object.entries(document.paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    )
    .sort((a, b) => rank(a.operation) - rank(b.operation));
  const withoutOne: string[] = [];
  for (const call of calls) {
    const names = Object.keys(call.operation["x-examples"]);
    if (names.length === 0) withoutOne.push(`${call.method} ${call.path}`);
    for (const name of names) {
      const answer = await send(call, name);
      if (answer !== undefined) checkContent({ operation: call.operation, name, answer });
      if (call.operation.operationId === "startSweep") await followSweep(answer);
    }
  }
  // The heads of answers, the methods of paths with parameters, and methods of other members have none.
  const expected = /^(?:head .*|options .*\{.*|\w+ \/nodes\/\{id\}\/\{path\})$/;
  expect(withoutOne.filter((call) => !expected.test(call))).toEqual([]);
});

/** Undefined: it was a stream. */
async function send(
  call: { readonly path: string; readonly method: string; readonly operation: Operation },
  name: string,
): Promise<RestAnswer | undefined> {
  const { operation } = call;
  const given = (place: string) =>
    (operation.parameters ?? [])
      .filter((one) => one.in === place && one.examples?.[name] !== undefined)
      .map((one) => [one.name, String(one.examples?.[name]?.value)] as const);
  let path = call.path;
  for (const [parameter, value] of given("path")) path = path.replace(`{${parameter}}`, value);
  const query = new URLSearchParams(Object.fromEntries(given("query")));
  const target = query.size === 0 ? path : `${path}?${query}`;
  const body = operation.requestBody?.content["application/json"]?.examples?.[name]?.value;
  const sent = { ...headers, ...Object.fromEntries(given("header")) };
  const { status } = operation["x-examples"][name] ?? {};
  const content = operation.responses[String(status)]?.content ?? {};
  if ("text/event-stream; charset=utf-8" in content) {
    const stream = await openStream(url, target, sent);
    await stream.next();
    await stream.close();
    return undefined;
  }
  const method = call.method.toUpperCase();
  const answer = await ask(url, target, {
    ...{ method, headers: sent },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  expect(answer.status, `${method} ${target} (${name}) ${answer.text}`).toBe(status);
  return answer;
}

/** The documented content has the same members. */
function checkContent({ operation, name, answer }: Sent): void {
  const media = operation.responses[String(answer?.status)]?.content?.["application/json"];
  const documented = media?.examples?.[name]?.value;
  if (documented === undefined || answer === undefined) return;
  const membersOf = (value: unknown) =>
    typeof value === "object" && value !== null ? Object.keys(value).sort() : value;
  expect(membersOf(JSON.parse(answer.text)), operation.operationId).toEqual(membersOf(documented));
}

/** Its events and its report are answers as well. */
async function followSweep(started: RestAnswer | undefined): Promise<void> {
  const { id } = { id: "", ...(started?.json["sweep"] as object) };
  const stream = await openStream(url, `/sweeps/${id}/events`, headers);
  await stream.ended();
  const { json } = await ask(url, `/sweeps/${id}`, { headers });
  expect(json).toMatchObject({ sweep: { state: "done" } });
  for (const file of ["index.html", "results.json"])
    expect((await ask(url, `/sweeps/${id}/report/${file}`, { headers })).status).toBe(200);
}
