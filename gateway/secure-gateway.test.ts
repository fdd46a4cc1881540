import { once } from "node:events";
import { type IncomingMessage, request as plainRequest } from "node:http";
import { createServer, request as tlsRequest } from "node:https";
import { connect as connectPlain } from "node:net";
import { connect } from "node:tls";
import { ChannelCredentials, Client } from "@grpc/grpc-js";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  type CertificateFolder,
  certificateFolder,
  memberNames,
} from "../test/support/certificates.ts";
import { startSmallCluster } from "../test/support/small-cluster.ts";
import { createAuthority } from "../tools/certs/authority.ts";

const start = async (
  folder: CertificateFolder,
  options: Partial<Parameters<typeof startSmallCluster>[0]> = {},
) => {
  const cluster = await startSmallCluster({
    followers: 1,
    tls: (id) => folder.member(id),
    ...options,
  });
  onTestFinished(() => cluster.close());
  return cluster;
};

/** One call on a connection of its own. */
async function call(url: string, options: object = {}, body?: string) {
  const request = url.startsWith("https:") ? tlsRequest : plainRequest;
  const headers = body === undefined ? {} : { "content-type": "application/json" };
  const sent = request(url, { agent: false, headers, ...options });
  sent.end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return { status: response.statusCode, text, headers: response.headers };
}

describe("REST with TLS", () => {
  test("serves clients that know the authority, and other members with them", async () => {
    const folder = await certificateFolder();
    const { leader, followers } = await start(folder);
    const ca = folder.authority.cert;
    const [follower] = followers;
    const { url } = leader.gateway;
    expect(url).toMatch(/^https:/);
    const write = await call(`${url}/write`, { ca, method: "PUT" }, '{"key":"k","value":1}');
    expect(write).toMatchObject({
      status: 200,
      text: expect.stringContaining('"acks":["follower1"]'),
    });
    const byProxy = `${follower?.gateway.url}/nodes/@leader/read?key=k`;
    expect((await call(byProxy, { ca })).text).toContain('"value":1');
    expect((await call(`${url}/nodes/follower1/livez`, { ca })).headers["x-kv-node"]).toBe(
      "follower1",
    );
    const cluster = JSON.parse((await call(`${follower?.gateway.url}/cluster`, { ca })).text);
    expect(cluster).toMatchObject({ fromLeader: true });
    await expect(call(`${url}/livez`)).rejects.toThrow(
      "self-signed certificate in certificate chain",
    );
  });

  test("tells a client that speaks plaintext, and takes no older TLS", async () => {
    const folder = await certificateFolder();
    const { leader } = await start(folder);
    const { port } = leader.gateway;
    expect(await call(`http://127.0.0.1:${port}/livez`)).toMatchObject({
      status: 400,
      text: "This port speaks TLS: use https://.\n",
    });
    const old = connect({
      host: "127.0.0.1",
      port,
      ca: folder.authority.cert,
      maxVersion: "TLSv1.1",
    });
    await expect(once(old, "secureConnect")).rejects.toThrow();
  });

  test("a member that shows the certificate of another one is not asked", async () => {
    const folder = await certificateFolder();
    const { leader, followers } = await start(folder);
    const [follower] = followers;
    if (follower === undefined) throw new Error("there is a follower");
    // Another gateway where the leader believes the follower's to be.
    await follower.gateway.close();
    const { cert, key } = await folder.authority.issue(memberNames("leader"));
    const reached: string[] = [];
    const impostor = createServer({ cert, key }, (request, response) => {
      reached.push(request.url ?? "");
      response.end("{}");
    });
    impostor.listen(follower.gateway.port, "127.0.0.1");
    await once(impostor, "listening");
    onTestFinished(() => void impostor.close());
    const ca = folder.authority.cert;
    const url = `${leader.gateway.url}/nodes/follower1/write`;
    const answer = await call(url, { ca, method: "PUT" }, '{"key":"k","value":1}');
    expect(answer).toMatchObject({
      status: 503,
      text: expect.stringMatching(
        /cannot be reached \(the certificate shown is not that of the member follower1, .*nothing was written/,
      ),
    });
    expect(reached).toEqual([]);
  });

  test("clients may be shown another certificate than members", async () => {
    const folder = await certificateFolder();
    const clients = await createAuthority("clients");
    const tls = async (id: string) => {
      const own = await folder.member(id);
      const shown = await folder.issue({ name: `${id}-clients`, dns: ["kv.example"] }, clients);
      return { ...own, client: { ...shown, ca: own.client.ca } };
    };
    const { leader, followers } = await start(folder, { tls });
    const options = { ca: clients.cert, servername: "kv.example" };
    expect((await call(`${leader.gateway.url}/livez`, options)).status).toBe(200);
    const byProxy = `${followers[0]?.gateway.url}/nodes/@leader/livez`;
    expect((await call(byProxy, options)).headers["x-kv-node"]).toBe("leader");
  });

  test("closes in time while a handshake hangs", async () => {
    const folder = await certificateFolder();
    const { leader } = await start(folder);
    const { port } = leader.gateway;
    const silent = connectPlain(port, "127.0.0.1");
    const half = connectPlain(port, "127.0.0.1");
    for (const socket of [silent, half]) socket.on("error", () => {});
    await Promise.all([once(silent, "connect"), once(half, "connect")]);
    half.write(Buffer.from([0x16, 3, 1]));
    // Both have arrived once a later connection is served.
    await call(`${leader.gateway.url}/livez`, { ca: folder.authority.cert });
    const ended = Promise.all([once(silent, "close"), once(half, "close")]);
    await leader.gateway.close();
    await ended;
  });

  test("a client that ends its side after its request still gets the answer", async () => {
    const folder = await certificateFolder();
    const { leader } = await start(folder);
    const half = { allowHalfOpen: true };
    const to = { host: "127.0.0.1", port: leader.gateway.port, ca: folder.authority.cert, ...half };
    const socket = connect(to);
    await once(socket, "secureConnect");
    socket.end("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let text = "";
    for await (const chunk of socket.setEncoding("utf8")) text += chunk;
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
  });
});

test("the public gRPC services are served with TLS, without a certificate of the client", async () => {
  const folder = await certificateFolder();
  const { leader } = await start(folder);
  const asIs = (bytes: Buffer) => bytes;
  const ask = (credentials: ChannelCredentials) =>
    new Promise<Buffer>((resolve, reject) => {
      const client = new Client(`127.0.0.1:${leader.config.grpcPort}`, credentials);
      client.makeUnaryRequest(
        ...(["/quorumkv.v1.KV/Status", asIs, asIs, Buffer.alloc(0)] as const),
        (error, value) => {
          client.close();
          if (error === null && value !== undefined) resolve(value);
          else reject(error);
        },
      );
    });
  const ca = Buffer.from(folder.authority.cert);
  expect((await ask(ChannelCredentials.createSsl(ca))).toString()).toContain("leader");
  await expect(ask(ChannelCredentials.createInsecure())).rejects.toThrow("UNAVAILABLE");
  await expect(ask(ChannelCredentials.createSsl())).rejects.toThrow("self-signed certificate");
});
