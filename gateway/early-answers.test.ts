/** An answer that is given before the request was taken in reaches a client that is still sending. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { statusesOf, writeThenRead } from "../test/support/raw-client.ts";
import { type SmallCluster, startSmallCluster } from "../test/support/small-cluster.ts";

let cluster: SmallCluster;
/** Its follower is gone. */
let lonely: SmallCluster;
beforeAll(async () => {
  cluster = await startSmallCluster({ followers: 1 });
  lonely = await startSmallCluster({ followers: 1 });
  await lonely.followers[0]?.close();
});
afterAll(async () => {
  await cluster.close();
  await lonely.close();
});

const mebibyte = 1024 * 1024;
const piece = Buffer.alloc(64 * 1024, "x");

interface Upload {
  readonly call: string;
  readonly type?: string;
  readonly isChunked: boolean;
  readonly closes: boolean;
  readonly bytes?: number;
}

/** The parts of one request with a large body. */
const upload = ({ call, type = "application/json", ...how }: Upload): (string | Buffer)[] => {
  const count = Math.ceil((how.bytes ?? 10 * mebibyte) / piece.length);
  const framing = how.isChunked
    ? "Transfer-Encoding: chunked"
    : `Content-Length: ${count * piece.length}`;
  const head = [
    ...[`${call} HTTP/1.1`, "Host: localhost", `Content-Type: ${type}`, framing],
    `Connection: ${how.closes ? "close" : "keep-alive"}`,
  ].join("\r\n");
  const body = Array.from({ length: count }, () =>
    how.isChunked
      ? Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")])
      : piece,
  );
  return [`${head}\r\n\r\n`, ...body, ...(how.isChunked ? ["0\r\n\r\n"] : [])];
};

const lastCall = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

const refusals: readonly [status: number, call: string, type?: string][] = [
  [413, "PUT /write"],
  [413, "POST /write/batch"],
  [415, "PUT /write", "text/plain"],
  [405, "POST /write"],
  [405, "PUT /"],
  [404, "PUT /nope"],
  [400, "GET /read?ky=a"],
];
const ways = [
  { isChunked: true, closes: true },
  { isChunked: true, closes: false },
  { isChunked: false, closes: true },
  { isChunked: false, closes: false },
];

describe.each(ways)("with %j, a client that writes 10 MiB before it reads gets", (way) => {
  /** On a connection that stays open, the next request is answered as well. */
  const askAt = async (port: number, call: string, type?: string): Promise<readonly number[]> => {
    const parts = upload({ call, ...(type === undefined ? {} : { type }), ...way });
    const { text, end } = await writeThenRead(port, way.closes ? parts : [...parts, lastCall]);
    expect(end).toBe("FIN");
    return statusesOf(text);
  };
  const expected = (status: number) => (way.closes ? [status] : [status, 200]);

  test.each(refusals)("%i from %s", async (status, call, type) => {
    const { port } = cluster.leader.gateway;
    expect(await askAt(port, call, type)).toEqual(expected(status));
  });

  test.each(refusals)("%i through another node from %s", async (status, call, type) => {
    const { port } = cluster.followers[0]?.gateway ?? { port: 0 };
    const passed = call.replace(" /", " /nodes/leader/");
    expect(await askAt(port, passed, type)).toEqual(expected(status));
  });

  test("503 for a member that cannot be reached", async () => {
    const { port } = lonely.leader.gateway;
    expect(await askAt(port, "PUT /nodes/follower1/write")).toEqual(expected(503));
  });

  test("404 for a member that does not exist", async () => {
    const { port } = cluster.leader.gateway;
    expect(await askAt(port, "PUT /nodes/nobody/write")).toEqual(expected(404));
  });
});

describe("on a bare socket", () => {
  test.each([
    [
      "a head of 1 MiB",
      `GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(mebibyte)}\r\n\r\n`,
      413,
    ],
    ["1 MiB that is no HTTP", "x".repeat(mebibyte), 400],
    [
      "CONNECT and 1 MiB",
      `CONNECT a:80 HTTP/1.1\r\nHost: localhost\r\n\r\n${"x".repeat(mebibyte)}`,
      405,
    ],
  ])("%s is answered once", async (_name, text, status) => {
    const parts = Array.from({ length: 16 }, (_, index) => {
      const size = Math.ceil(text.length / 16);
      return text.slice(index * size, (index + 1) * size);
    });
    const answer = await writeThenRead(cluster.leader.gateway.port, parts);
    expect(answer.end).toBe("FIN");
    expect(statusesOf(answer.text)).toEqual([status]);
  });

  test("no host and 10 MiB is answered once", async () => {
    const parts = upload({ call: "PUT /write", isChunked: false, closes: true });
    const [head = "", ...body] = parts;
    const withoutHost = String(head).replace("Host: localhost\r\n", "");
    const answer = await writeThenRead(cluster.leader.gateway.port, [withoutHost, ...body]);
    expect(answer.end).toBe("FIN");
    expect(statusesOf(answer.text)).toEqual([400]);
  });

  test("a refused body that then breaks gets no second answer", async () => {
    const head = "PUT /nope HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    const { text } = await writeThenRead(cluster.leader.gateway.port, [
      head,
      "5\r\nabcde\r\nzz\r\n",
    ]);
    expect(statusesOf(text)).toEqual([404]);
  });

  test("what follows a request that closes the connection is not carried out", async () => {
    const close = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    const body = '{"key":"after-close","value":1}';
    const put = `PUT /write HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const { port, url } = cluster.leader.gateway;
    const { text } = await writeThenRead(port, [close + put]);
    expect(statusesOf(text)).toEqual([200]);
    expect((await fetch(`${url}/read?key=after-close`)).status).toBe(404);
  });
});
