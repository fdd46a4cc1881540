/** The audit log itself: bounded, in order, and never in the way. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { silentLog } from "../../test/support/small-cluster.ts";
import { AuditLog } from "./audit-log.ts";
import type { Caller } from "./caller.ts";
import { Visit } from "./visit.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "quorum-kv-audit-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const caller: Caller = {
  id: "app",
  role: "write",
  prefixes: undefined,
  via: "token",
  address: "127.0.0.1",
  forwardedFor: "",
};
const visitOf = (key: string): Visit => {
  const visit = new Visit({ caller, call: "PUT /write", administers: false });
  visit.keysFault([key]);
  return visit;
};
let dropped = 0;
const openAt = (to: string) => {
  dropped = 0;
  return AuditLog.open({
    ...{ to, node: "a", log: silentLog, now: () => 0 },
    dropped: () => {
      dropped += 1;
    },
  });
};
const keysIn = (path: string) =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

test("every line is written, in order, before it is closed", async () => {
  const path = join(directory, "audit");
  const audit = await openAt(path);
  for (let count = 0; count < 5000; count += 1) audit.note(visitOf(`k${count}`), "OK");
  await audit.close();
  const keys = keysIn(path).map((line) => line.keys[0]);
  expect(keys).toEqual(Array.from({ length: 5000 }, (_, index) => `k${index}`));
  expect(dropped).toBe(0);
});

test("a line is short, however much a client says of itself", async () => {
  const path = join(directory, "audit");
  const audit = await openAt(path);
  const said = { forwardedFor: `${"10.0.0.1, ".repeat(1000)}203.0.113.7` };
  const call = `GET /${"x".repeat(10_000)}`;
  audit.note(new Visit({ caller: { ...caller, ...said }, call, administers: false }), "NOT_FOUND");
  await audit.close();
  const line = readFileSync(path, "utf8");
  expect(line.length).toBeLessThan(1000);
  // A proxy adds the client's address behind whatever the client has sent.
  expect(JSON.parse(line)).toMatchObject({
    forwardedFor: expect.stringMatching(/203\.0\.113\.7$/),
  });
});

test("while it cannot be written, lines wait up to a bound; then it says how many are missing", async () => {
  const inside = join(directory, "inside");
  const path = join(inside, "audit");
  mkdirSync(inside);
  const audit = await openAt(path);
  rmSync(inside, { recursive: true });
  // 16 MiB, twice the bound.
  const long = "x".repeat(1000);
  for (let count = 0; count < 16_384; count += 1) audit.note(visitOf(`${count} ${long}`), "OK");
  expect(dropped).toBeGreaterThan(1000);
  const before = dropped;
  mkdirSync(inside);
  let lines: { outcome: string; dropped?: number; keys?: string[] }[] = [];
  while (lines.at(-1)?.outcome !== "DROPPED") {
    await new Promise((resolve) => setTimeout(resolve, 20));
    try {
      lines = keysIn(path);
    } catch {
      // Not there yet, or half of a line is.
    }
  }
  expect(lines.at(-1)).toMatchObject({ call: "audit log", dropped: before });
  expect(lines.length - 1 + before).toBe(16_384);
  audit.note(visitOf("after"), "OK");
  await audit.close();
  expect(keysIn(path).at(-1)).toMatchObject({ keys: ["after"] });
});

test("a path that cannot be opened is refused with one sentence", async () => {
  await expect(openAt(directory)).rejects.toThrow(/^AUDIT_LOG .* cannot be written: EISDIR/);
});

test("closing does not wait for a file that cannot be written", async () => {
  const inside = join(directory, "inside");
  mkdirSync(inside);
  const audit = await openAt(join(inside, "audit"));
  rmSync(inside, { recursive: true });
  audit.note(visitOf("a"), "OK");
  await audit.close();
});
