/** A cluster whose every text is meant for the terminal of whoever looks at it. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { runCli } from "../../test/simulation/run-cli.ts";

const hostile = "\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e\nReport: /etc";
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

let server: Server | undefined;
afterEach(() => void server?.closeAllConnections());

/** Answers by path; anything else is refused with a reason. Returns its address. */
async function cluster(answers: (url: string) => Record<string, unknown>): Promise<string> {
  server = createServer((request, response) => {
    const url = `http://${request.headers.host}`;
    const { pathname, searchParams } = new URL(request.url ?? "", url);
    const found = answers(url)[searchParams.has("key") ? `${pathname}?key` : pathname];
    const problem = { code: "NO_LEADER", detail: hostile, status: 503 };
    response.writeHead(found === undefined ? 503 : 200, { "x-kv-node": "leader" });
    response.end(JSON.stringify(found ?? problem));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.each(["diff", "sweep"])("%s shows the reason of a refusal on one line", async (command) => {
  const target = await cluster(() => ({}));
  const { code, stdout, stderr } = await runCli(command, "--target", target, "--no-color");
  expect(code).toBe(3);
  expect(stdout + stderr).not.toMatch(obeyed);
  expect(stderr).toContain("NO_LEADER (503): \\u001b]0;owned");
  expect(stderr).not.toMatch(/^Report/m);
});

test("ids that are no ids are refused: they would name files", async () => {
  const member = (id: string, role: string) => ({ id, role, url: "", state: "live" });
  const nodes = [member("leader", "leader"), member("../../escape", "follower")];
  const target = await cluster(() => ({ "/cluster": { leader: "leader", writeQuorum: 1, nodes } }));
  const { code, stderr } = await runCli("diff", "--target", target);
  expect(code).toBe(3);
  expect(stderr).toMatch(/does not answer as a Quorum KV node does/);
  expect(stderr).not.toMatch(obeyed);
});

test("differences of stores are shown without what a terminal obeys", async () => {
  const member = (id: string, role: string) => ({ id, role, url: "", state: "live" });
  const config = { writeQuorum: 1, minDelay: 0, maxDelay: 0, followerDelays: {}, timeout: 5000 };
  const marks = { leader: "leader", epoch: 1, committed: 9, applied: 9, keys: 1, config };
  const entry = (value: string) => ({ key: hostile, value, version: 3 });
  const page = (value: string) => ({ entries: [entry(value)], next: null, sequence: 9 });
  const target = await cluster(() => ({
    "/cluster": {
      ...{ leader: "leader", writeQuorum: 1 },
      nodes: [member("leader", "leader"), member("f1", "follower")],
    },
    "/livez": {},
    "/status": { id: "leader", role: "leader", digest: "aaaaaaaaaaaaaaaa", ...marks },
    "/read": page(`1${hostile}`),
    "/read?key": entry(`1${hostile}`),
    "/nodes/f1/read?key": entry("2"),
    "/nodes/f1/status": { id: "f1", role: "follower", digest: "bbbbbbbbbbbbbbbb", ...marks },
    "/nodes/f1/read": page("2"),
  }));
  const { code, stdout, stderr } = await runCli("diff", "--target", target);
  expect(stderr).toBe("");
  expect(code).toBe(1);
  expect(stdout).toContain("owned");
  expect(stdout).not.toMatch(obeyed);
});
