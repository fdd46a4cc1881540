/** Real processes whose nodes change over to TLS, and whose certificates are replaced, while clients write. */
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { connect, getCACertificates, setDefaultCACertificates } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import type { TlsFiles } from "../../src/config/tls-settings.ts";
import type { ClusterView } from "../../src/node/api.ts";
import { certificateFolder, memberNames } from "../support/certificates.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import type { NodeProcess } from "../support/node-process.ts";
import { type Clients, startClients } from "./clients.ts";

const ids = ["leader", "follower1", "follower2", "follower3", "follower4"];

/** Certificates for all, whose authority this process trusts. */
async function certificates() {
  const folder = await certificateFolder();
  setDefaultCACertificates([...getCACertificates("default"), folder.authority.cert]);
  const files = new Map<string, TlsFiles>();
  for (const id of ids) files.set(id, await folder.issue(memberNames(id)));
  const filesOf = (id: string): TlsFiles => files.get(id) ?? { cert: "", key: "", ca: "" };
  const env = (id: string, mode: "permissive" | "required") => {
    const { cert, key, ca } = filesOf(id);
    return { TLS_CERT: cert, TLS_KEY: key, TLS_CA: ca, TLS_MODE: mode };
  };
  return { folder, filesOf, env };
}

async function start(
  envOf: (id: string) => Readonly<Record<string, string>> = () => ({}),
): Promise<{ cluster: Cluster; clients: Clients }> {
  const cluster = await startCluster({
    ...{ followers: ids.length - 1, disk: true, failover: true },
    // A majority, so that writes go on while any one node is away.
    env: { WRITE_QUORUM: "2" },
    envOf,
  });
  const clients = startClients(
    cluster.nodes.map(({ settings }) => settings.port),
    4,
  );
  onTestFinished(async () => {
    await clients.stop();
    await cluster.close();
  });
  return { cluster, clients };
}

interface Page {
  readonly entries: readonly { readonly key: string; readonly value: number }[];
  readonly next: string | null;
}

/** Everything that was acknowledged is there, at whoever leads. */
async function expectKept(cluster: Cluster, { acknowledged }: Clients): Promise<void> {
  const { url } = await cluster.untilLed();
  const found = new Map<string, number>();
  for (let query: string | undefined = ""; query !== undefined; ) {
    const answer: Response = await fetch(`${url}/read?limit=1000${query}`);
    const { entries, next } = (await answer.json()) as Page;
    for (const { key, value } of entries) found.set(key, value);
    query = next === null ? undefined : `&after=${encodeURIComponent(next)}`;
  }
  const lost = [...acknowledged].filter(([key, value]) => found.get(key) !== value);
  expect(lost).toEqual([]);
}

/** The next node may follow once the leader sees all of them live. */
async function restart(node: NodeProcess, env: Record<string, string>): Promise<void> {
  await node.stop();
  node.start({ env });
  await node.untilReady();
  await node.until<ClusterView>(
    "/cluster",
    ({ fromLeader, nodes }) => fromLeader && nodes.every(({ state }) => state === "live"),
  );
}

test("a cluster changes over to TLS node by node, while clients write", async () => {
  const { env } = await certificates();
  const { cluster, clients } = await start();
  await clients.progress(50);
  for (const node of cluster.nodes) {
    await restart(node, env(node.id, "permissive"));
    await clients.progress(20);
  }
  clients.use("https");
  await clients.progress(50);
  for (const node of cluster.nodes) {
    await restart(node, env(node.id, "required"));
    await clients.progress(20);
  }
  await clients.stop();
  expect(clients.acknowledged.size).toBeGreaterThan(300);
  await expectKept(cluster, clients);
  for (const node of cluster.nodes) {
    const plain = await fetch(node.url.replace("https:", "http:"));
    expect([plain.status, await plain.text()]).toEqual([
      400,
      "This port speaks TLS: use https://.\n",
    ]);
    expect(readFileSync(node.settings.logFile, "utf8")).not.toContain("replication stream refused");
  }
});

test("certificates are replaced under load, half a pair at a time, and everybody goes on", async () => {
  const { folder, filesOf, env } = await certificates();
  const { cluster, clients } = await start((id) => env(id, "required"));
  clients.use("https");
  await clients.progress(50);
  for (const node of cluster.nodes) {
    const files = filesOf(node.id);
    const { cert, key } = await folder.authority.issue(memberNames(node.id));
    replace(files.cert, cert);
    await logged(node, "the certificate in use stays; its files changed");
    // New connections still get the pair from before.
    expect((await shownBy(node)).raw.equals(new X509Certificate(cert).raw)).toBe(false);
    await clients.progress(10);
    replace(files.key, key);
    await logged(node, "the new certificate is in use");
    expect((await shownBy(node)).raw.equals(new X509Certificate(cert).raw)).toBe(true);
    await clients.progress(10);
  }
  // All dial each other anew, with the new certificates.
  const leader = await cluster.untilLed();
  await leader.kill();
  await clients.progress(20);
  leader.start();
  await leader.untilReady();
  await clients.stop();
  await expectKept(cluster, clients);
  for (const node of cluster.nodes)
    expect(readFileSync(node.settings.logFile, "utf8")).not.toContain("replication stream refused");
});

/** In one step, as tools that renew certificates do. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Waits until the log of the node has the line. */
async function logged(node: NodeProcess, line: string): Promise<void> {
  while (!readFileSync(node.settings.logFile, "utf8").includes(line)) {
    if (!node.isRunning) throw new Error(node.logTail());
    await wait(50);
  }
}

/** The certificate on a connection that is opened now. */
async function shownBy({ settings }: NodeProcess): Promise<X509Certificate> {
  const socket = connect({ host: "localhost", port: settings.port });
  await once(socket, "secureConnect");
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  if (certificate === undefined) throw new Error(`${settings.id} shows no certificate`);
  return certificate;
}
