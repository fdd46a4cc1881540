/** The launcher's care for processes, tried on a stand-in program that is only as good as asked. */
import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findPorts } from "../../test/support/ports.ts";
import { type LocalCluster, startCluster } from "./cluster.ts";
import { findTakenPort } from "./free-ports.ts";
import { logLine } from "./messages.ts";
import type { PlannedNode } from "./plan.ts";
import { printTo } from "./print.ts";

const standIn = `
import { createServer } from "node:http";
process.on("SIGTERM", () => {
  if (process.env.MOOD === "stubborn") return;
  setTimeout(() => {
    console.log("bye");
    process.exit(0);
  }, process.env.MOOD === "slow" ? 200 : 0);
});
createServer((request, response) => {
  if (request.url === "/die") process.exit(7);
  response.end(String(process.pid));
}).listen(Number(process.env.PORT), "127.0.0.1");
console.log("up");
if (process.env.MOOD === "hostile") {
  console.log("\\u001b]0;owned\\u0007\\u001b[2J\\u009b1m\\u202eplain");
  console.log(JSON.stringify({ level: "warn", msg: "a\\u001b[31m\\nleader  ready", reason: "b\\u009b" }));
  console.error("\\rfollower1  ready at http://example.org");
  console.error("end");
}
`;

let folder: string;
let program: string;
let cluster: LocalCluster | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quorum-kv-start-"));
  program = join(folder, "stand-in.mjs");
  writeFileSync(program, standIn);
});
afterEach(async () => {
  cluster?.kill();
  await cluster?.close();
  cluster = undefined;
  rmSync(folder, { recursive: true });
});

function occupy(port: number): Promise<{ server: Server; port: number }> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve({ server, port: typeof address === "object" && address ? address.port : 0 });
    });
  });
}

async function plannedNode(id: string, env: Record<string, string> = {}): Promise<PlannedNode> {
  const [port = 0, grpcPort = 0] = await findPorts(2);
  const role = id === "leader" ? "leader" : "follower";
  const url = `http://127.0.0.1:${port}`;
  return { id, role, failover: false, port, grpcPort, url, env: { ...env, PORT: String(port) } };
}

/** Collects what happens and lets a test wait for it. */
function recorder() {
  const seen: string[] = [];
  const changes = new EventEmitter();
  const note = (text: string): void => {
    seen.push(text);
    changes.emit("change");
  };
  return {
    seen,
    events: {
      ready: (node: PlannedNode) => note(`${node.id} ready`),
      died: (node: PlannedNode, how: { cause: string; restartInMs: number }) =>
        note(`${node.id} died: ${how.cause}, ${how.restartInMs} ms`),
      printed: (node: PlannedNode, line: string) => note(`${node.id} printed ${line}`),
    },
    async has(text: string, times: number): Promise<void> {
      while (seen.filter((line) => line === text).length < times) await once(changes, "change");
    },
  };
}

/** However long it takes: the test's own limit is the only one. */
async function isStopped(id: string): Promise<void> {
  while (cluster?.states()[id] !== "stopped") await wait(10);
}

const exists = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("a local cluster", () => {
  test("becomes ready, relays logs, and leaves no process behind when it is closed", async () => {
    const nodes = [await plannedNode("leader"), await plannedNode("follower1")];
    const { events, has } = recorder();
    cluster = startCluster(nodes, program, events);
    await Promise.all([cluster.ready, has("leader printed up", 1), has("follower1 ready", 1)]);
    const pids = await Promise.all(
      nodes.map(async ({ url }) => Number(await (await fetch(url)).text())),
    );
    expect(pids.map(exists)).toEqual([true, true]);
    expect(await cluster.close()).toEqual([]);
    expect(pids.map(exists)).toEqual([false, false]);
  });

  test("a node that dies is reported and started again, later each time", async () => {
    const node = await plannedNode("leader");
    const { events, has } = recorder();
    cluster = startCluster([node], program, events);
    await cluster.ready;
    await fetch(`${node.url}/die`).catch(() => undefined);
    await has("leader died: exit code 7, 500 ms", 1);
    await has("leader ready", 2);
    process.kill(Number(await (await fetch(node.url)).text()), "SIGKILL");
    await has("leader died: signal SIGKILL, 1000 ms", 1);
    await has("leader ready", 3);
  });

  test("closing does not wait for a node that is being restarted", async () => {
    const node = await plannedNode("leader");
    const { events, has } = recorder();
    writeFileSync(program, "process.exit(1)");
    cluster = startCluster([node], program, events);
    await has("leader died: exit code 1, 1000 ms", 1);
    expect(await cluster.close()).toEqual([]);
    await cluster.ready;
  });

  test("a node that ignores SIGTERM is killed and named once the launcher's patience is over", async () => {
    const nodes = [await plannedNode("leader"), await plannedNode("f1", { MOOD: "stubborn" })];
    cluster = startCluster(nodes, program, recorder().events, 3_000);
    await cluster.ready;
    expect(await cluster.close()).toEqual(["f1"]);
  });

  test("the leader has ended before any follower is asked to", async () => {
    const nodes = [await plannedNode("f1"), await plannedNode("leader", { MOOD: "slow" })];
    const { events, seen } = recorder();
    cluster = startCluster(nodes, program, events);
    await cluster.ready;
    expect(await cluster.close()).toEqual([]);
    expect(seen.filter((line) => line.endsWith("bye"))).toEqual([
      "leader printed bye",
      "f1 printed bye",
    ]);
  });

  test("a node that is stopped stays down until it is restarted", async () => {
    const node = await plannedNode("f1");
    const { events, seen, has } = recorder();
    cluster = startCluster([node], program, events);
    await cluster.ready;
    const pid = cluster.pid("f1") ?? 0;
    cluster.act("f1", "stop");
    await isStopped("f1");
    expect([exists(pid), cluster.pid("f1")]).toEqual([false, undefined]);
    cluster.act("f1", "stop");
    cluster.act("f1", "kill");
    cluster.act("f1", "restart");
    await has("f1 ready", 2);
    cluster.act("f1", "restart");
    await has("f1 ready", 3);
    expect(cluster.states()).toEqual({ f1: "ready" });
    expect(seen.filter((line) => line.includes("died"))).toEqual([]);
  });

  test("a node that is killed starts again later, or at once when asked to", async () => {
    const node = await plannedNode("f1");
    const { events, has } = recorder();
    cluster = startCluster([node], program, events);
    await cluster.ready;
    cluster.act("f1", "kill");
    await has("f1 died: signal SIGKILL, 500 ms", 1);
    cluster.act("f1", "restart");
    await has("f1 ready", 2);
    cluster.act("f1", "kill");
    await has("f1 died: signal SIGKILL, 1000 ms", 1);
    cluster.act("f1", "stop");
    await isStopped("f1");
  });

  test("a frozen node answers again once it is thawed, and ends in order without that", async () => {
    const nodes = [await plannedNode("f1"), await plannedNode("f2")];
    const { events, has } = recorder();
    cluster = startCluster(nodes, program, events);
    await cluster.ready;
    const answers = nodes.map(
      ({ url }) =>
        () =>
          fetch(url).then((answer) => answer.text()),
    );
    for (const id of ["f1", "f2"]) cluster.act(id, "freeze");
    expect(cluster.states()).toEqual({ f1: "frozen", f2: "frozen" });
    const late = answers[0]?.();
    cluster.act("f1", "thaw");
    expect(await late).toBe(String(cluster.pid("f1")));
    cluster.act("f2", "restart");
    await has("f2 ready", 2);
    cluster.act("f2", "freeze");
    expect(await cluster.close()).toEqual([]);
  });

  test("a proxy that the environment names is not asked about the nodes", async () => {
    const proxy = await occupy(0);
    const asked: unknown[] = [];
    proxy.server.on("connection", (socket) => {
      asked.push(socket);
      socket.destroy();
    });
    const node = await plannedNode("leader");
    const script = `
      const { startCluster } = await import(${JSON.stringify(import.meta.resolve("./cluster.ts"))});
      const nothing = () => {};
      const events = { ready: nothing, died: nothing, printed: nothing };
      const cluster = startCluster([${JSON.stringify(node)}], ${JSON.stringify(program)}, events);
      await cluster.ready;
      await cluster.close();
    `;
    const url = `http://127.0.0.1:${proxy.port}`;
    const launcher = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      env: { ...process.env, NODE_USE_ENV_PROXY: "1", HTTP_PROXY: url, http_proxy: url },
      stdio: ["ignore", "inherit", "inherit"],
    });
    expect(await once(launcher, "exit")).toEqual([0, null]);
    expect(asked).toEqual([]);
    await new Promise((closed) => proxy.server.close(closed));
  });
});

describe("ports", () => {
  test("a taken port is named in one sentence, with the node that wanted it", async () => {
    const { server, port } = await occupy(0);
    const nodes = [await plannedNode("leader"), { ...(await plannedNode("f1")), grpcPort: port }];
    expect(await findTakenPort(nodes)).toBe(
      `Port ${port} (gRPC of f1) is taken; free it, or choose others with --base-port.`,
    );
    await new Promise((closed) => server.close(closed));
    expect(await findTakenPort(nodes)).toBeUndefined();
  });
});

test("no control character of a node reaches the terminal", async () => {
  const node = await plannedNode("leader", { MOOD: "hostile" });
  let shown = "";
  const print = printTo({ write: (text) => (shown += text) });
  const end = Promise.withResolvers<void>();
  const { events } = recorder();
  cluster = startCluster([node], program, {
    ...events,
    printed: (from, line) => {
      print(logLine(from, line));
      if (shown.includes("plain") && shown.includes("ready at") && shown.includes(" end"))
        end.resolve();
    },
  });
  await end.promise;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  expect(shown).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  expect(shown).toContain("leader     \\u001b]0;owned\\u0007\\u001b[2J\\u009b1m\\u202eplain\n");
  expect(shown).toContain("leader     warn: a\\u001b[31m\\u000aleader  ready: b\\u009b\n");
  expect(shown).toMatch(/^leader {5}.*follower1 {2}ready at http:\/\/example.org$/m);
  expect(shown.split("\n").every((line) => line === "" || line.startsWith("leader     "))).toBe(
    true,
  );
});
