import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { ChannelCredentials, Client, status } from "@grpc/grpc-js";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  type CertificateFolder,
  certificateFolder,
  memberNames,
  tlsWith,
} from "../../../test/support/certificates.ts";
import { type Authority, createAuthority, type Issued } from "../../../tools/certs/authority.ts";
import type { TlsConfig } from "../../config/tls-settings.ts";
import type { Link, LinkEvents } from "../../node/ports.ts";
import type { FollowerMessage, LeaderMessage } from "../../replication/types.ts";
import { type Credentials, openCredentials } from "../../tls/credentials.ts";
import { createGrpcServer, type GrpcServer } from "../server.ts";

/** What happened at one end, and a way to wait for it. */
class Seen {
  readonly warnings: { fields: Record<string, string>; message: string }[] = [];
  readonly received: (LeaderMessage | FollowerMessage)[] = [];
  opened = 0;
  closed = 0;
  #check: () => void = () => {};
  readonly log = {
    debug() {},
    info() {},
    error() {},
    warn: (fields: object, message: string) => {
      this.warnings.push({ fields: fields as Record<string, string>, message });
      this.#check();
    },
  };

  events<In extends LeaderMessage | FollowerMessage>(): LinkEvents<In> {
    this.opened += 1;
    this.#check();
    return {
      received: (message) => {
        this.received.push(message);
        this.#check();
      },
      closed: () => {
        this.closed += 1;
        this.#check();
      },
    };
  }

  async until(what: () => boolean): Promise<void> {
    while (!what()) {
      await new Promise<void>((resolve) => {
        this.#check = resolve;
      });
    }
  }
}

interface End {
  readonly seen: Seen;
  readonly server: GrpcServer;
  readonly port: number;
}

const openFor = async (nodeId: string, tls: TlsConfig): Promise<Credentials> => {
  const credentials = await openCredentials({ tls, nodeId }, new Seen().log);
  onTestFinished(() => credentials.close());
  return credentials;
};
const credentialsOf = async (id: string, folder: CertificateFolder) =>
  openFor(id, await folder.member(id));

interface End {
  readonly seen: Seen;
  readonly server: GrpcServer;
  readonly port: number;
  accepted?: Link<FollowerMessage>;
}

/** A node that listens, with these certificates; undefined: with plaintext. */
async function startNode(
  id: string,
  credentials: Credentials | undefined,
  others: readonly (readonly [string, number])[],
): Promise<End> {
  const seen = new Seen();
  const nodes = [[id, 1] as const, ...others].map(([name, grpcPort]) => ({
    ...{ id: name, host: "127.0.0.1", grpcPort },
  }));
  const config = { nodes, host: "127.0.0.1", grpcPort: 0 };
  const server = createGrpcServer({ config, log: seen.log, credentials });
  const { port } = await server.serve();
  const end: End = { seen, server, port };
  server.network.listen((link) => {
    end.accepted = link;
    return seen.events<LeaderMessage>();
  });
  onTestFinished(() => server.close());
  return end;
}

/** Dials and keeps the last link that opened. */
function dial({ server, seen }: End, to: string) {
  const dialed: { link?: Link<LeaderMessage> } = {};
  server.network.dial(to, (link) => {
    dialed.link = link;
    return seen.events<FollowerMessage>();
  });
  return dialed;
}

const prepare = (leader: string): LeaderMessage => ({
  ...{ type: "prepare", elected: true, epoch: 1, leader, to: "b", members: [] },
  nodes: [],
});
const poll = (candidate: string): LeaderMessage => ({
  ...{ type: "poll", candidate, to: "b", number: 1 },
});

const promise = (id: string): FollowerMessage => ({
  ...{ type: "promise", epoch: 1, applied: 0, last: 0, blank: true, incarnation: "i" },
  ...{ digest: "0".repeat(16), history: undefined, followedEpoch: 0 },
  ...{ member: { id, url: "http://x", peerUrl: "http://x" } },
});

const expired = { notBefore: new Date(1_000_000_000_000), notAfter: new Date(1_100_000_000_000) };

/** What a cheat has: its files pass no checks. */
type Texts = Readonly<Partial<Record<"cert" | "key" | "ca", string>>>;

const texts = (issued: Issued, authority: Authority): Texts => ({ ...issued, ca: authority.cert });

function cheating(options: Texts): Credentials {
  const material = {
    ...{ texts: { cert: "", key: "", ca: "" }, issuers: [], options },
    context: createSecureContext(options),
    certificate: new X509Certificate(options.cert ?? options.ca ?? ""),
  };
  return {
    ...{ permissive: false, member: material, client: material, onChange() {}, close() {} },
    secondsLeft: () => new Map(),
  };
}

test("members reach each other, whatever their addresses are called", async () => {
  const folder = await certificateFolder();
  const named = (id: string) => folder.issue({ name: id, members: [id] });
  const b = await startNode("b", await openFor("b", tlsWith(await named("b"))), [["a", 1]]);
  const a = await startNode("a", await openFor("a", tlsWith(await named("a"))), [["b", b.port]]);
  const dialed = dial(a, "b");
  await a.seen.until(() => a.seen.opened > 0);
  dialed.link?.send(prepare("a"));
  dialed.link?.send(poll("a"));
  await b.seen.until(() => b.seen.received.length === 2);
  expect([...a.seen.warnings, ...b.seen.warnings]).toEqual([]);
});

describe("whoever dials is refused on both ends", () => {
  test.each<[string, (folder: CertificateFolder) => Promise<Texts>, RegExp]>([
    [
      "a stranger that the authority knows",
      async ({ authority }) => texts(await authority.issue({ name: "x", dns: ["a"] }), authority),
      /^its certificate has no name quorumkv:\/\/member\/<id>, but DNS:a$/,
    ],
    [
      "a member of another cluster",
      async ({ authority }) => texts(await authority.issue(memberNames("z")), authority),
      /^its certificate names z, which is not in NODES$/,
    ],
    [
      "somebody who is two members",
      async ({ authority }) =>
        texts(await authority.issue({ name: "x", members: ["a", "c"] }), authority),
      /^its certificate has no name .*, but URI:quorumkv:\/\/member\/a, URI:quorumkv:\/\/member\/c$/,
    ],
    [
      "a certificate that has expired",
      async ({ authority }) =>
        texts(await authority.issue({ ...memberNames("a"), ...expired }), authority),
      /^its certificate is not accepted \(CERT_HAS_EXPIRED\)$/,
    ],
    [
      "a certificate of another authority",
      async ({ authority }) => {
        const other = await createAuthority("another");
        return texts(await other.issue(memberNames("a")), authority);
      },
      /^its certificate is not accepted \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)$/,
    ],
    [
      "nobody: no certificate",
      async ({ authority }) => ({ ca: authority.cert }),
      /^it shows no certificate$/,
    ],
  ])("%s", async (_, cheat, reason) => {
    const folder = await certificateFolder();
    const b = await startNode("b", await credentialsOf("b", folder), [["a", 1]]);
    const a = await startNode("a", cheating(await cheat(folder)), [["b", b.port]]);
    dial(a, "b");
    await b.seen.until(() => b.seen.warnings.length > 0);
    expect(b.seen.warnings[0]).toEqual({
      fields: {
        peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        reason: expect.stringMatching(reason),
      },
      message: "replication stream refused: the peer is not the member it should be",
    });
    await a.seen.until(() => a.seen.warnings.length > 0);
    expect(a.seen.warnings[0]?.fields["reason"]).toBe(
      `refused as a member: ${b.seen.warnings[0]?.fields["reason"]}`,
    );
    expect([a.seen.opened, b.seen.opened]).toEqual([0, 0]);
  });

  test("a member whose message names another one changes nothing, and its link is closed", async () => {
    for (const lie of [prepare("c"), poll("c")]) {
      const folder = await certificateFolder();
      const b = await startNode("b", await credentialsOf("b", folder), [
        ["a", 1],
        ["c", 1],
      ]);
      const a = await startNode("a", await credentialsOf("a", folder), [
        ["b", b.port],
        ["c", 1],
      ]);
      const dialed = dial(a, "b");
      await a.seen.until(() => a.seen.opened > 0);
      dialed.link?.send(lie);
      await b.seen.until(() => b.seen.closed > 0);
      expect(b.seen.received).toEqual([]);
      expect(b.seen.warnings[0]?.fields["reason"]).toBe("it is a, but its message names c");
    }
  });

  test("the name of a member counts only from the authority of members", async () => {
    const folder = await certificateFolder();
    const clients = await createAuthority("clients");
    writeFileSync(join(folder.directory, "clients.crt"), clients.cert);
    const own = await folder.member("b");
    const tls = { ...own, client: { ...own.client, ca: join(folder.directory, "clients.crt") } };
    const b = await startNode("b", await openFor("b", tls), [["a", 1]]);
    const issued = await clients.issue(memberNames("a"));
    const client = new Client(
      `127.0.0.1:${b.port}`,
      ChannelCredentials.createSsl(
        Buffer.from(folder.authority.cert),
        Buffer.from(issued.key),
        Buffer.from(issued.cert),
      ),
    );
    const asIs = (bytes: Buffer) => bytes;
    const path = "/quorumkv.v1.ReplicationService/Replicate";
    const call = client.makeBidiStreamRequest(path, asIs, asIs);
    const [ended] = await once(call, "error");
    client.close();
    expect(ended).toMatchObject({
      code: status.PERMISSION_DENIED,
      details: "refused as a member: its certificate as a is not issued by TLS_CA",
    });
  });
});

describe("whoever is dialed is refused by the one that dials", () => {
  test.each<[string, (folder: CertificateFolder) => Promise<Texts | undefined>, RegExp]>([
    [
      "another member",
      async ({ authority }) => texts(await authority.issue(memberNames("c")), authority),
      /^the certificate shown is not that of the member b, but of URI:quorumkv:\/\/member\/c, /,
    ],
    [
      "a stranger with the right host",
      async ({ authority }) =>
        texts(await authority.issue({ name: "x", ips: ["127.0.0.1"] }), authority),
      /^the certificate shown is not that of the member b, but of IP Address:127\.0\.0\.1$/,
    ],
    [
      "a certificate that has expired",
      async ({ authority }) =>
        texts(await authority.issue({ ...memberNames("b"), ...expired }), authority),
      /^certificate has expired$/,
    ],
    [
      "a certificate of another authority",
      async ({ authority }) => {
        const other = await createAuthority("another");
        return texts(await other.issue(memberNames("b")), authority);
      },
      /^unable to verify the first certificate/,
    ],
    ["plaintext", async () => undefined, /wrong version number|SSL/],
  ])("%s", async (_, cheat, reason) => {
    const folder = await certificateFolder();
    const cheated = await cheat(folder);
    const b = await startNode("b", cheated && cheating(cheated), [["a", 1]]);
    const a = await startNode("a", await credentialsOf("a", folder), [["b", b.port]]);
    dial(a, "b");
    await a.seen.until(() => a.seen.warnings.length > 0);
    expect(a.seen.warnings[0]?.fields).toEqual({
      ...{ member: "b", address: `127.0.0.1:${b.port}` },
      reason: expect.stringMatching(reason),
    });
    expect([a.seen.opened, b.seen.opened]).toEqual([0, 0]);
  });

  test("a follower whose promise names another member is not believed", async () => {
    const folder = await certificateFolder();
    const b = await startNode("b", await credentialsOf("b", folder), [
      ["a", 1],
      ["c", 1],
    ]);
    const a = await startNode("a", await credentialsOf("a", folder), [
      ["b", b.port],
      ["c", 1],
    ]);
    dial(a, "b");
    await b.seen.until(() => b.seen.opened > 0);
    b.accepted?.send(promise("c"));
    await a.seen.until(() => a.seen.warnings.length > 0);
    expect(a.seen.warnings[0]?.fields["reason"]).toBe("it is b, but its message names c");
    expect(a.seen.received).toEqual([]);
  });
});

describe("plaintext", () => {
  test("is refused, and both ends stay as they are", async () => {
    const folder = await certificateFolder();
    const b = await startNode("b", await credentialsOf("b", folder), [["a", 1]]);
    const a = await startNode("a", undefined, [["b", b.port]]);
    dial(a, "b");
    await b.seen.until(() => b.seen.warnings.length > 0);
    expect(b.seen.warnings[0]?.message).toBe("gRPC port: no TLS connection came about");
    expect([a.seen.opened, b.seen.opened]).toEqual([0, 0]);
  });

  test.each([
    ["a plain node and a permissive one", undefined, true],
    ["a permissive node and a plain one", true, undefined],
    ["two permissive nodes", true, true],
    ["a permissive node and one that requires TLS", true, false],
    ["one that requires TLS and a permissive node", false, true],
  ])("during a change: %s reach each other", async (_, here, there) => {
    const folder = await certificateFolder();
    const of = async (id: string, permissive: boolean | undefined) =>
      permissive === undefined
        ? undefined
        : openFor(id, { ...(await folder.member(id)), permissive });
    const b = await startNode("b", await of("b", there), [["a", 1]]);
    const a = await startNode("a", await of("a", here), [["b", b.port]]);
    const dialed = dial(a, "b");
    await a.seen.until(() => a.seen.opened > 0);
    dialed.link?.send(prepare("a"));
    await b.seen.until(() => b.seen.received.length === 1);
    expect([...a.seen.warnings, ...b.seen.warnings]).toEqual([]);
  });
});
