/** The compose cluster with docker-compose.tls.yaml, and certificates as `npm run certs` makes them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeCertificates, writeTokens } from "../../tools/certs/write.ts";
import { ComposeCluster, eventually, ids } from "./cluster.ts";

let folder: string;
let token: string;
let cluster: ComposeCluster;

const secureUrl = (id: string): string => cluster.url(id).replace("http:", "https:");

/** In place of ./certs, which may hold somebody's own. */
function mountsOf(directory: string): string {
  const services = ids.map((id) => [id, { volumes: [`${join(directory, id)}:/certs:ro`] }]);
  return JSON.stringify({ version: "3.8", services: Object.fromEntries(services) });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kv-compose-tls-"));
  const names = { dns: ["localhost", ...ids], ips: ["127.0.0.1", "::1"] };
  await writeCertificates({ nodes: ids, ...names, directory: folder });
  token = writeTokens({ nodes: ids, directory: folder });
  const authority = readFileSync(join(folder, "ca.crt"), "utf8");
  setDefaultCACertificates([...getCACertificates("default"), authority]);
  const mounts = join(folder, "mounts.json");
  writeFileSync(mounts, mountsOf(folder));
  cluster = await ComposeCluster.prepare(
    { WRITE_QUORUM: "2", ELECTION_TIMEOUT: "5000" },
    { name: "-tls", files: ["docker-compose.yaml", "docker-compose.tls.yaml", mounts] },
  );
  await cluster.compose("up", "-d", "--build");
  await Promise.all(ids.map((id) => cluster.healthy(id)));
  await eventually("the leader ready", async () => {
    return (await fetch(`${secureUrl("leader")}/readyz?for=writes`)).ok;
  });
});
afterAll(async () => {
  await cluster?.compose("down", "--volumes", "--timeout", "5");
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

const put = (shown: Readonly<Record<string, string>>): Promise<Response> =>
  fetch(`${secureUrl("leader")}/nodes/@leader/write`, {
    method: "PUT",
    headers: { "content-type": "application/json", ...shown },
    body: JSON.stringify({ key: "sealed", value: 1 }),
  });

test("a write with the token over https is read on all six nodes", async () => {
  const authorization = `Bearer ${token}`;
  const written = await put({ authorization });
  expect([written.status, await written.clone().text()]).toEqual([200, expect.anything()]);
  const { version } = (await written.json()) as { version: number };
  for (const id of ids) {
    const query = `key=sealed&minVersion=${version}`;
    const read = await fetch(`${secureUrl(id)}/read?${query}`, { headers: { authorization } });
    expect(await read.json()).toMatchObject({ value: 1, version });
  }
});

test("without the token, or in plaintext, nothing is answered", async () => {
  expect((await put({})).status).toBe(401);
  expect((await put({ authorization: "Bearer wrong" })).status).toBe(401);
  const plain = await fetch(`${cluster.url("leader")}/status`);
  expect([plain.status, await plain.text()]).toEqual([
    400,
    "This port speaks TLS: use https://.\n",
  ]);
});
