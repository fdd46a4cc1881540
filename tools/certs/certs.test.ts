import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const program = resolve(import.meta.dirname, "main.ts");

const run = (...args: string[]) =>
  new Promise<{ code: number; stderr: string }>((done) => {
    const child = execFile(process.execPath, [program, ...args], (_error, _stdout, stderr) =>
      done({ code: child.exitCode ?? -1, stderr }),
    );
  });

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), "kv-certs-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return join(directory, "certs");
}

test("each node gets a certificate of its own, one for clients, and keys that others cannot read", async () => {
  const out = folder();
  expect(await run("--out", out, "--nodes", "a,b", "--names", "kv.example,10.0.0.1")).toMatchObject(
    {
      code: 0,
    },
  );
  const read = (name: string) => new X509Certificate(readFileSync(join(out, name)));
  const authority = read("ca.crt");
  for (const id of ["a", "b"]) {
    expect(read(`${id}/member.crt`).subjectAltName).toBe(`URI:quorumkv://member/${id}`);
    for (const name of ["member", "clients"]) {
      expect(read(`${id}/${name}.crt`).verify(authority.publicKey)).toBe(true);
      expect(statSync(join(out, id, `${name}.key`)).mode & 0o777).toBe(0o600);
    }
    expect(statSync(join(out, id, "tokens")).mode & 0o777).toBe(0o600);
    const clients = read(`${id}/clients.crt`);
    for (const host of ["localhost", "a", "b", "kv.example"])
      expect(clients.checkHost(host)).toBe(host);
    for (const address of ["127.0.0.1", "::1", "10.0.0.1"])
      expect(clients.checkIP(address)).toBe(address);
  }
});

test("what is there stays, unless --force replaces it", async () => {
  const out = folder();
  await run("--out", out, "--nodes", "a");
  const before = readFileSync(join(out, "ca.crt"), "utf8");
  writeFileSync(join(out, "notes"), "mine");
  const refused = await run("--out", out, "--nodes", "a");
  expect(refused).toEqual({ code: 1, stderr: `${out} has certificates; --force replaces them.\n` });
  expect(readFileSync(join(out, "ca.crt"), "utf8")).toBe(before);
  expect((await run("--out", out, "--nodes", "a", "--force")).code).toBe(0);
  expect(readFileSync(join(out, "ca.crt"), "utf8")).not.toBe(before);
  expect(readFileSync(join(out, "notes"), "utf8")).toBe("mine");
});

test("a bad option is refused in one sentence", async () => {
  const refused = await run("--nodes", "a,a");
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/^[^\n]*different ids of [^\n]+\.\n$/);
});
