/** /nodes/:id/…, from one real node to another, and to members that are down or die. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { FairSlots } from "../src/intake/fair-slots.ts";
import { createIntake, type Intake } from "../src/intake/intake.ts";
import { openStream } from "../test/support/event-source.ts";
import { openToAll } from "../test/support/open-access.ts";
import { ask, askRaw } from "../test/support/rest.ts";
import { type SmallCluster, silentLog, startSmallCluster } from "../test/support/small-cluster.ts";
import { StandInNode } from "../test/support/stand-in-node.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { createMetrics } from "./metrics.ts";

describe("between real nodes", () => {
  let cluster: SmallCluster;
  let url: string;
  beforeAll(async () => {
    cluster = await startSmallCluster({ followers: 2 });
    url = cluster.followers[0]?.gateway.url ?? "";
  });
  afterAll(() => cluster.close());

  test("reads and writes pass, and the answering node's headers come back", async () => {
    const body = { key: "a/ü", value: "x".repeat(500_000) };
    const put = await ask(url, "/nodes/leader/write", { method: "PUT", body });
    expect(put).toMatchObject({ status: 200, headers: { "x-kv-node": "leader" } });
    const read = await ask(url, `/nodes/leader/read?key=${encodeURIComponent(body.key)}`);
    expect(read.json["value"]).toBe(body.value);
    const removed = await ask(url, "/nodes/leader/write", {
      method: "DELETE",
      body: { key: body.key },
    });
    expect(removed.status).toBe(200);
  });

  test("problems pass as they are", async () => {
    const answers = [
      await ask(url, "/nodes/leader/read?key="),
      await ask(url, "/nodes/leader/nope"),
      await ask(url, "/nodes/leader/write", { method: "POST" }),
      await ask(url, "/nodes/follower2/write", { method: "PUT", body: { key: "a", value: 1 } }),
      await ask(url, "/nodes/leader/write", { method: "PUT", body: "x".repeat(5_000_000) }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 404, 405, 421, 413]);
    for (const { headers } of answers) {
      expect(headers["content-type"]).toBe("application/problem+json");
    }
  });

  test("an event stream passes, and its end reaches the member", async () => {
    const stream = await openStream(url, "/nodes/leader/watch?prefix=s/");
    expect(stream.response.headers["x-kv-node"]).toBe("leader");
    await ask(url, "/nodes/leader/write", { method: "PUT", body: { key: "s/1", value: 1 } });
    expect((await stream.next()).event).toBe("put");
    await stream.close();
  });

  test("this node's own id is answered here", async () => {
    const { headers } = await ask(url, "/nodes/follower1/status");
    expect(headers["x-kv-node"]).toBe("follower1");
    const watch = await ask(url, "/nodes/follower1/watch?after=x");
    expect(watch.status).toBe(400);
  });

  test.each([
    "/nodes/nobody/status",
    "/nodes/127.0.0.1:1/status",
    "/nodes/leader/../follower2/status",
    "/nodes/leader/%2e%2e/status",
    "/nodes/leader/nodes/follower2/status",
    "/nodes/follower1/nodes/leader/status",
    "/nodes/nobody",
    "/nodes",
  ])("%s is not found", async (target) => {
    expect(await ask(url, target)).toMatchObject({ status: 404, json: { code: "NOT_FOUND" } });
  });

  test.each(["leader", "follower1", "follower2"])(
    "the page of %s is found without a slash behind its id",
    async (id) => {
      const answer = await ask(url, `/nodes/${id}?view=keys`);
      expect(answer).toMatchObject({ status: 308, headers: { "x-kv-node": "follower1" } });
      const folder = new URL(answer.headers.location ?? "", `${url}/nodes/${id}?view=keys`);
      expect(folder.href).toBe(`${url}/nodes/${id}/?view=keys`);
      const page = await fetch(`${url}/nodes/${id}`);
      expect(page.headers.get("x-kv-node")).toBe(id);
      expect(page.headers.get("content-type")).toContain("text/html");
    },
  );

  test("a whole URL as target reaches no other host", async () => {
    const { port } = cluster.followers[0]?.gateway ?? { port: 0 };
    const request = (target: string) =>
      askRaw(port, `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(await request("http://other.example/nodes/leader/livez")).toContain('{"status":"ok"}');
    expect(await request("http://other.example/status")).toContain("X-KV-Node: follower1");
  });

  test("chunked bodies and expectations pass", async () => {
    const { port } = cluster.followers[0]?.gateway ?? { port: 0 };
    const answer = await askRaw(
      port,
      "PUT /nodes/leader/write HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
        "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n" +
        '9\r\n{"key":"c\r\nd\r\n","value":12}\r\n0\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/);
  });
});

describe("to a member that fails", () => {
  let gateway: Gateway;
  let stopMember = () => {};
  /** Starts a gateway whose only other member is a server that treats requests like this. */
  const withMember = async (
    treat: (request: IncomingMessage, response: ServerResponse) => void,
    leader?: string,
    intake?: Intake,
  ) => {
    const server = createServer(treat).listen(0, "127.0.0.1");
    await once(server, "listening");
    stopMember = () => {
      server.closeAllConnections();
      server.close();
    };
    const { port } = server.address() as AddressInfo;
    await withPeer(`http://127.0.0.1:${port}`, leader, intake);
  };
  const withPeer = async (
    peerUrl: string,
    leader = "leader",
    intake = createIntake(),
    whenLeader: () => Promise<string | undefined> = async () => leader,
  ) => {
    const node = Object.assign(new StandInNode(), {
      ...{ leader, whenLeader },
      peerUrl: (id: string) => (id === "follower1" ? peerUrl : undefined),
    });
    const nodes = ["leader", "follower1", "follower2"].map((id) => ({
      id,
      host: "127.0.0.1",
      grpcPort: 1,
    }));
    const config = {
      nodeId: "leader",
      leader: "leader",
      nodes,
      port: 0,
      grpcPort: 1,
      host: "127.0.0.1",
      advertiseUrl: "http://127.0.0.1",
      dataDir: "",
      writeQuorum: 1,
      failover: false,
      idempotencySeconds: 600,
      idempotencyKeys: 100_000,
      electionTimeout: 1000,
      readLease: false,
      forwardWrites: false,
      minDelay: 0,
      maxDelay: 0,
      timeout: 5000,
      allowedHosts: [],
      clusterSecrets: [],
      tokensFile: "",
      admin: false,
      metricsPort: undefined,
      auditLog: "",
      auditWrites: false,
      tls: undefined,
      insecure: false,
      logLevel: "silent",
      faults: false,
      controlUrl: "",
      logRetention: 1000,
    };
    gateway = await startGateway({
      ...{ node, config, access: openToAll(), metrics: createMetrics(), log: silentLog },
      intake,
    });
  };
  afterEach(async () => {
    stopMember();
    await gateway.close();
  });
  const write = { method: "PUT", body: { key: "a", value: 1 } };

  test("nothing is known to have happened when it cannot be reached", async () => {
    await withPeer("http://127.0.0.1:1");
    const answer = await ask(gateway.url, "/nodes/follower1/write", write);
    expect(answer).toMatchObject({
      status: 503,
      headers: { "retry-after": "1", "x-kv-node": "leader" },
      json: { code: "RECOVERING", member: "follower1" },
    });
  });

  test("a member whose address nobody knows yet is not ready", async () => {
    await withPeer("http://127.0.0.1:1");
    const answer = await ask(gateway.url, "/nodes/follower2/status");
    expect(answer).toMatchObject({ status: 503, json: { code: "RECOVERING" } });
  });

  test("a write that lost its member midway is unknown, a read may be asked again", async () => {
    await withMember((request) => {
      request.resume().on("end", () => request.socket.destroy());
    });
    const lost = await ask(gateway.url, "/nodes/follower1/write", write);
    expect(lost).toMatchObject({
      status: 504,
      json: { code: "OUTCOME_UNKNOWN", version: null, acks: [], quorum: null },
    });
    const read = await ask(gateway.url, "/nodes/follower1/read?key=a");
    expect(read).toMatchObject({ status: 503, json: { code: "RECOVERING" } });
  });

  test("a write that is forwarded by preference and lost midway is unknown as well", async () => {
    await withMember((request) => {
      request.resume().on("end", () => request.socket.destroy());
    }, "follower1");
    const lost = await ask(gateway.url, "/write", { ...write, headers: { prefer: "forward" } });
    expect(lost).toMatchObject({
      status: 504,
      headers: { "preference-applied": "forward" },
      json: { code: "OUTCOME_UNKNOWN", member: "follower1" },
    });
  });

  test("an answer that breaks off is cut off here as well", async () => {
    await withMember((_request, response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write("half", () => response.destroy());
    });
    await expect(ask(gateway.url, "/nodes/follower1/status")).rejects.toThrow("aborted");
  });

  test("one address cannot take all calls that are forwarded: another one gets the place of its oldest", async () => {
    const forwarded = new FairSlots({ max: 3 });
    const held: ServerResponse[] = [];
    let arrived = () => {};
    const until = async (count: number) => {
      while (held.length < count) await new Promise<void>((resolve) => (arrived = resolve));
    };
    const holdAll = (request: IncomingMessage, response: ServerResponse) => {
      request.resume();
      held.push(response);
      arrived();
    };
    await withMember(holdAll, "leader", { ...createIntake(), forwarded });
    const greedy = [];
    for (const call of [write, {}, {}]) {
      const target = call === write ? "/nodes/follower1/write" : "/nodes/follower1/status";
      greedy.push(ask(gateway.url, target, call));
      await until(greedy.length);
    }
    const refused = await ask(gateway.url, "/nodes/follower1/status");
    expect(refused).toMatchObject({ status: 503, json: { code: "OVERLOADED" } });
    const others = [];
    for (const from of ["127.0.0.2", "127.0.0.3"]) {
      others.push(ask(gateway.url, "/nodes/follower1/status", { from }));
      await until(3 + others.length);
    }
    expect(await greedy[0]).toMatchObject({ status: 504, json: { code: "OUTCOME_UNKNOWN" } });
    expect(await greedy[1]).toMatchObject({ status: 503, json: { code: "OVERLOADED" } });
    for (const response of held) response.end("{}");
    for (const answer of [greedy[2], ...others])
      expect(await answer).toMatchObject({ status: 200, text: "{}" });
    expect(forwarded).toMatchObject({ refused: 1, cut: 2 });
  });

  test("a call that loses its place while it waits for a leader is counted once", async () => {
    const forwarded = new FairSlots({ max: 2 });
    let noLeader = (_: undefined) => {};
    const whenLeader = () => new Promise<undefined>((resolve) => (noLeader = resolve));
    await withPeer("", "follower1", { ...createIntake(), forwarded }, whenLeader);
    const waits = async (from: string) => {
      const before = forwarded.count + forwarded.cut;
      const answer = ask(gateway.url, "/nodes/@leader/status", { from });
      while (forwarded.count + forwarded.cut === before) await new Promise(setImmediate);
      return { answer, end: noLeader };
    };
    const cut = await waits("127.0.0.1");
    const calls = [cut, await waits("127.0.0.1"), await waits("127.0.0.2")];
    expect(await cut.answer).toMatchObject({ status: 503, json: { code: "OVERLOADED" } });
    for (const { end } of calls) end(undefined);
    await Promise.all(calls.map(({ answer }) => answer));
    const { text } = await ask(gateway.url, "/metrics");
    expect(text).toMatch(/kv_http_requests_total\{[^}]*"\/nodes\/:id\/\*"[^}]*\} 3\n/);
  });

  test("a client that goes away takes its request to the member with it", async () => {
    let gone: Promise<unknown> | undefined;
    await withMember((_request, response) => {
      gone = once(response, "close");
      response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
      response.write("data: 1\n\n");
    });
    const stream = await openStream(gateway.url, "/nodes/follower1/events");
    await stream.next();
    await stream.close();
    await gone;
  });

  test.each([
    [undefined, "127.0.0.1"],
    ["10.0.0.7", "10.0.0.7, 127.0.0.1"],
  ])(
    "the member hears who calls: %s becomes %s, and a cookie's token a header",
    async (given, told) => {
      const seen: IncomingMessage["headers"][] = [];
      await withMember((request, response) => {
        seen.push(request.headers);
        response.writeHead(200, { "content-type": "application/json" }).end("{}");
      });
      const cookie = { cookie: "other=1; __Host-kv=kv_secret" };
      // A client could name this header as one of its connection, to have it left out.
      const from =
        given === undefined ? {} : { "x-forwarded-for": given, connection: "x-forwarded-for" };
      await ask(gateway.url, "/nodes/follower1/status", { headers: { ...cookie, ...from } });
      expect(seen[0]).toMatchObject({ "x-forwarded-for": told, authorization: "Bearer kv_secret" });
      expect(seen[0]).not.toHaveProperty("cookie");
    },
  );

  test("what belongs to one connection does not pass to the next", async () => {
    const seen: IncomingMessage["headers"][] = [];
    await withMember((request, response) => {
      seen.push(request.headers);
      response.writeHead(200, { connection: "close", "content-type": "application/json" });
      response.end("{}");
    });
    const headers = { connection: "keep-alive, x-secret", te: "trailers", "x-kept": "1" };
    const answer = await ask(gateway.url, "/nodes/follower1/status", { headers });
    expect(answer.status).toBe(200);
    expect(seen[0]).toMatchObject({ "x-kept": "1" });
    expect(seen[0]).not.toHaveProperty("te");
  });
});
