/** Starting, stopping, the page, faults, and the answers that only a troubled cluster gives. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { openStream } from "../test/support/event-source.ts";
import { openSocket, readAll } from "../test/support/raw-client.ts";
import { ask, type RestAnswer } from "../test/support/rest.ts";
import { type SmallCluster, startSmallCluster } from "../test/support/small-cluster.ts";

let cluster: SmallCluster | undefined;
const start = async (given: Parameters<typeof startSmallCluster>[0] = {}) => {
  cluster = await startSmallCluster(given);
  return cluster.leader.gateway.url;
};
afterEach(() => cluster?.close());

const put = (url: string, fields: object = {}): Promise<RestAnswer> =>
  ask(url, "/write", { method: "PUT", body: { key: "a", value: 1, ...fields } });

describe("in trouble", () => {
  test("a write without its quorum is unknown, and names version, acks and quorum", async () => {
    // Entries are late, and heartbeats are not: the followers stay live.
    const url = await start({ followers: 2, settings: { minDelay: 60_000, maxDelay: 60_000 } });
    const answer = await put(url, { quorum: 2, timeoutMs: 50 });
    expect(answer).toMatchObject({ status: 504, json: { code: "OUTCOME_UNKNOWN", quorum: 2 } });
    expect(answer.json["version"]).toBeGreaterThan(0);
    expect(answer.json["acks"]).toEqual([]);
  });

  test("with too few live followers nothing is written", async () => {
    const url = await start({ followers: 1, settings: { writeQuorum: 1, faults: true } });
    await put(url);
    await ask(url, "/faults/follower1", { method: "PUT", body: { type: "cut" } });
    let answer = await put(url, { timeoutMs: 200 });
    while (answer.json["code"] === "OUTCOME_UNKNOWN") answer = await put(url, { timeoutMs: 200 });
    expect(answer).toMatchObject({
      status: 503,
      json: { code: "QUORUM_UNAVAILABLE", live: 0, quorum: 1 },
    });
    expect(answer.headers["retry-after"]).toBeDefined();
    const ready = await ask(url, "/readyz");
    expect(ready).toMatchObject({ status: 503, json: { ready: false } });
    expect(ready.json["reasons"]).not.toEqual([]);
  });

  test("minVersion that a follower does not reach in time is RECOVERING", async () => {
    await start({ followers: 1, settings: { timeout: 50 } });
    const url = cluster?.followers[0]?.gateway.url ?? "";
    const answer = await ask(url, "/read?key=a&minVersion=99");
    expect(answer).toMatchObject({ status: 503, json: { code: "RECOVERING" } });
  });

  test("a follower whose leader is gone shows what it knows by itself", async () => {
    await start({ followers: 1 });
    await cluster?.leader.close();
    const answer = await ask(cluster?.followers[0]?.gateway.url ?? "", "/cluster");
    expect(answer.json).toMatchObject({ servedBy: "follower1", fromLeader: false });
  });
});

describe("processes", () => {
  test("without a launcher they cannot be controlled, nor without FAULTS=1", async () => {
    const url = await start({ settings: { faults: true } });
    expect((await ask(url, "/control")).status).toBe(404);
    await cluster?.close();
    const other = await start({ settings: { controlUrl: "http://127.0.0.1:9/token" } });
    expect((await ask(other, "/control")).status).toBe(404);
    expect((await ask(other, "/control/leader/kill", { method: "POST", body: {} })).status).toBe(
      404,
    );
  });

  test("a call is checked here, and passed on with the token", async () => {
    const heard: string[] = [];
    const launcher = createServer((request, response) => {
      heard.push(`${request.method} ${request.url}`);
      response.end('{"nodes":{"leader":"ready"}}');
    }).listen(0, "127.0.0.1");
    await once(launcher, "listening");
    const { port } = launcher.address() as AddressInfo;
    const settings = { faults: true, controlUrl: `http://127.0.0.1:${port}/token` };
    const url = await start({ settings });
    const post = (path: string) => ask(url, path, { method: "POST", body: {} });
    expect((await ask(url, "/control")).json).toEqual({ nodes: { leader: "ready" } });
    expect(await post("/control/leader/kill")).toMatchObject({ status: 200 });
    expect(await post("/control/leader/burn")).toMatchObject({ status: 404 });
    expect(await post("/control/nobody/kill")).toMatchObject({ status: 404 });
    expect(await ask(url, "/control/leader/kill")).toMatchObject({ status: 405 });
    // What a page of another origin can send without asking the browser first.
    const simple = { method: "POST", body: "{}", headers: { "content-type": "text/plain" } };
    expect((await fetch(`${url}/control/leader/kill`, simple)).status).toBe(415);
    expect((await fetch(`${url}/control/leader/kill`, { method: "POST" })).status).toBe(400);
    expect(heard).toEqual(["GET /token", "POST /token/leader/kill"]);
    launcher.close();
    launcher.closeAllConnections();
    expect(await ask(url, "/control")).toMatchObject({ status: 503, json: { code: "RECOVERING" } });
  });
});

describe("faults", () => {
  test("are set, listed and reset on the leader", async () => {
    const url = await start({ followers: 2, settings: { faults: true } });
    const set = (follower: string, body: object) =>
      ask(url, `/faults/${follower}`, { method: "PUT", body });
    expect((await set("follower1", { type: "slow", delayMs: 10 })).json).toMatchObject({
      faults: { follower1: { fault: { type: "slow", delayMs: 10 } } },
    });
    expect((await set("follower2", { type: "pause" })).status).toBe(200);
    expect((await set("follower9", { type: "cut" })).status).toBe(404);
    for (const body of [{}, { type: "melt" }, { type: "slow" }, { type: "cut", delayMs: 1 }]) {
      expect(await set("follower1", body)).toMatchObject({ status: 400 });
    }
    expect((await ask(url, "/faults/%zz", { method: "DELETE" })).status).toBe(400);
    expect((await ask(url, "/faults/follower1", { method: "DELETE" })).json).toMatchObject({
      faults: { follower2: { endsAt: expect.any(Number) } },
    });
    expect((await ask(url, "/faults", { method: "DELETE" })).json).toEqual({ faults: {} });
    expect((await ask(url, "/faults")).json).toEqual({ faults: {} });
    const follower = await ask(cluster?.followers[0]?.gateway.url ?? "", "/faults");
    expect(follower.json["code"]).toBe("NOT_LEADER");
  });
});

/** Each form of a file has a strong tag of its own, and is not sent to whoever has that form. */
const checkTags = async (url: string, target: string): Promise<void> => {
  const tagOf = async (encoding: string) =>
    (await ask(url, target, { headers: { "accept-encoding": encoding } })).headers.etag ?? "";
  const plain = await tagOf("identity");
  const zipped = await tagOf("gzip");
  expect(plain).toMatch(/^"[^"]+"$/);
  expect(zipped).toMatch(/^"[^"]+"$/);
  expect(zipped).not.toBe(plain);
  for (const [encoding, condition, status] of [
    ["identity", plain, 304],
    ["identity", `"other", W/${plain}`, 304],
    ["identity", "*", 304],
    ["identity", zipped, 200],
    ["identity", '"other"', 200],
    ["gzip", `"other",${zipped}`, 304],
    ["gzip", plain, 200],
  ] as const) {
    const headers = { "accept-encoding": encoding, "if-none-match": condition };
    const answer = await ask(url, target, { headers });
    expect(answer.status, `${encoding} ${condition}`).toBe(status);
    expect(answer.headers).toMatchObject({
      etag: encoding === "gzip" ? zipped : plain,
      vary: "Accept-Encoding",
    });
  }
};

describe("the page", () => {
  test("says how to build it while it is missing, and appears once it is there", async () => {
    const directory = mkdtempSync(join(tmpdir(), "page-"));
    try {
      const url = await start({ pageDirectory: directory });
      expect((await ask(url, "/")).text).toContain("npm run build");
      mkdirSync(join(directory, "assets"));
      writeFileSync(join(directory, "index.html"), "<!doctype html><title>page</title>");
      writeFileSync(join(directory, "assets", "app-1a2b.js"), "let x = 1;\n".repeat(1000));
      const page = await ask(url, "/");
      expect(page.text).toContain("<title>page</title>");
      expect(page.headers["content-security-policy"]).toMatch(/^default-src 'self'/);
      expect(page.headers["cache-control"]).toBe("no-cache");
      expect(page.headers["x-kv-node"]).toBe("leader");
      const script = await ask(url, "/assets/app-1a2b.js");
      expect(script.headers).toMatchObject({
        "content-type": "text/javascript; charset=utf-8",
        "cache-control": "public, max-age=31536000, immutable",
        "x-content-type-options": "nosniff",
      });
      const zipped = await fetch(`${url}/assets/app-1a2b.js`, { headers: { accept: "*/*" } });
      expect(zipped.headers.get("content-encoding")).toBe("gzip");
      expect(await zipped.text()).toBe(script.text);
      expect(Number(zipped.headers.get("content-length"))).toBeLessThan(500);
      const headers = { "if-none-match": String(page.headers["etag"]) };
      expect(await ask(url, "/", { headers })).toMatchObject({ status: 304, text: "" });
      expect((await ask(url, "/assets/%2e%2e/index.html")).status).toBe(404);
      await checkTags(url, "/assets/app-1a2b.js");
      expect((await ask(url, "/playground")).status).toBe(404);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("that holds its own code may run that code and nothing else", async () => {
    const directory = mkdtempSync(join(tmpdir(), "page-"));
    try {
      const code = 'console.log("</style>");\n';
      const style = "body { margin: 0 }";
      const html = `<!doctype html><style>${style}</style><script type="module">${code}</script>`;
      writeFileSync(join(directory, "index.html"), "<!doctype html><title>page</title>");
      writeFileSync(join(directory, "playground.html"), html);
      const url = await start({ pageDirectory: directory });
      const { text, headers } = await ask(url, "/playground");
      expect(text).toBe(html);
      const hashOf = (content: string) =>
        `'sha256-${createHash("sha256").update(content).digest("base64")}'`;
      expect(String(headers["content-security-policy"]).split(";")).toEqual([
        "default-src 'none'",
        `script-src ${hashOf(code)}`,
        `style-src ${hashOf(style)}`,
        "img-src data: blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ]);
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect((await ask(url, "/")).headers["content-security-policy"]).toMatch(
        /^default-src 'self'/,
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe("closing", () => {
  test("lets writes under way finish, ends streams, and refuses what comes after", async () => {
    const url = await start({ followers: 1, settings: { minDelay: 150, maxDelay: 150 } });
    const { port } = new URL(url);
    const idle = connect(Number(port), "127.0.0.1");
    await once(idle, "connect");
    idle.resume();
    const stream = await openStream(url, "/watch");
    const events = await openStream(url, "/events");
    const write = put(url);
    do {} while ((await events.next()).event !== "write");
    const closing = cluster?.close();
    expect((await write).status).toBe(200);
    await Promise.all([stream.ended(), events.ended()]);
    expect(stream.comments).toContain("the node is stopping");
    await closing;
    await expect(put(url)).rejects.toThrow("ECONNREFUSED");
  });

  test("answers a request on a connection that was kept, and then ends it", async () => {
    const url = await start();
    const socket = await openSocket(Number(new URL(url).port));
    const fresh = await openSocket(Number(new URL(url).port));
    const request = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";
    socket.write(request);
    expect(String((await once(socket, "data"))[0])).toContain("200 OK");
    await ask(url, "/livez");
    const closing = cluster?.close();
    for (const each of [socket, fresh]) each.write(request);
    for (const text of await Promise.all([socket, fresh].map(readAll))) {
      expect(text).toContain("503 Service Unavailable");
      expect(text).toContain("Connection: close");
      expect(text).toContain("SHUTTING_DOWN");
    }
    await closing;
  });

  test("cuts off what does not end in time", async () => {
    const url = await start();
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    await once(socket, "connect");
    socket.write("PUT /write HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n");
    socket.write("Content-Length: 100\r\n\r\n{");
    await ask(url, "/livez");
    socket.on("error", () => {});
    const gone = once(socket.resume(), "close");
    await cluster?.close();
    await gone;
  });
});
