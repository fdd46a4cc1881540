/** `npm start` with real nodes: what it says, and what it leaves behind. */
import { createServer } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readOptions } from "../../src/start/command-line.ts";
import { findTakenPort } from "../../src/start/free-ports.ts";
import { planCluster } from "../../src/start/plan.ts";
import { freeBasePort, Launched, launcher, npmStart, stopsInOrder } from "./launched.ts";

let basePort: number;
let options: string[];
let launched: Launched | undefined;

beforeEach(async () => {
  basePort = await freeBasePort();
  options = ["--memory", "--followers", "2", "--base-port", String(basePort)];
});
afterEach(async () => {
  await launched?.dispose();
  launched = undefined;
});

const url = (index: number, path: string): string => `http://127.0.0.1:${basePort + index}${path}`;
const put = (body: unknown): Promise<Response> =>
  fetch(url(0, "/write"), {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

test("through npm, Ctrl-C in the terminal ends everything in good order", async () => {
  launched = new Launched(npmStart, options);
  await launched.prints("Ctrl-C");
  expect((await put({ key: "a", value: 1 })).status).toBe(200);
  launched.interrupt();
  // The shell between npm and the launcher dies of the signal itself, once the launcher has ended.
  await launched.ended();
  expect(launched.printed).toMatch(stopsInOrder(3));
  expect(await findTakenPort(planCluster(readOptions(options), {}))).toBeUndefined();
});

test("a node that is killed is reported, started again, and catches up", async () => {
  launched = new Launched(launcher, options);
  await launched.prints("Ctrl-C");
  await put({ key: "a", value: 1 });
  const pid = /^follower1 .* pid (\d+)$/m.exec(launched.printed)?.[1];
  process.kill(Number(pid), "SIGKILL");
  await launched.prints("follower1  died (signal SIGKILL) and starts again in 0.5 s");
  await launched.prints("follower1  ready", 2);
  const answer = await fetch(url(1, "/read?key=a&minVersion=1"));
  expect(await answer.json()).toMatchObject({ key: "a", value: 1 });
});

test("a taken port is named in one sentence, and nothing starts", async () => {
  const squatter = createServer();
  await new Promise<void>((listening) => {
    squatter.listen(basePort + 1, "127.0.0.1", listening);
  });
  launched = new Launched(launcher, options);
  expect(await launched.ended()).toBe(1);
  expect(launched.printed).toBe(
    `Port ${basePort + 1} (REST of follower1) is taken; free it, or choose others with --base-port.\n`,
  );
  await new Promise((closed) => squatter.close(closed));
});

test("a bad setting around it is named in one sentence, and nothing starts", async () => {
  launched = new Launched(["env", "TIMEOUT=soon", ...launcher], options);
  expect(await launched.ended()).toBe(2);
  expect(launched.printed).toBe('TIMEOUT is "soon", but must be whole milliseconds, 1..600000.\n');
});
