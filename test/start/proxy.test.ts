/** A proxy that the environment names is for the world outside: nothing between nodes goes through it. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "../support/rest.ts";
import { freeBasePort, Launched, launcher } from "./launched.ts";

let proxy: Server;
let asked = 0;
let variables: string[];
let url: string;
let launched: Launched;

beforeAll(async () => {
  proxy = createServer((socket) => {
    asked += 1;
    socket.destroy();
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  variables = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "grpc_proxy"].map(
    (name) => `${name}=${address}`,
  );
  variables.push("NODE_USE_ENV_PROXY=1");
  const basePort = await freeBasePort();
  url = `http://127.0.0.1:${basePort}`;
  const options = ["--memory", "--followers", "1", "--base-port", String(basePort)];
  launched = new Launched(["env", ...variables, ...launcher], options);
});
afterAll(async () => {
  await launched.dispose();
  proxy.close();
});

test("npm start becomes ready, and nodes reach each other", async () => {
  await launched.prints("Ctrl-C");
  const written = await ask(url, "/write", { method: "PUT", body: { key: "a", value: 1 } });
  expect(written).toMatchObject({ status: 200, json: { acks: ["follower1"] } });
  const through = await ask(url, "/nodes/follower1/status");
  expect(through).toMatchObject({ status: 200, json: { id: "follower1" } });
  expect(asked).toBe(0);
});

test("the simulation reaches the nodes", async () => {
  const folder = mkdtempSync(join(tmpdir(), "quorum-kv-proxy-"));
  const program = [process.execPath, "simulation/main.ts", "sweep", "--target", url];
  const small = ["--quorums", "1", "--clients", "1", "--writes", "3", "--rounds", "1"];
  const words = [...variables, ...program, ...small, "--out", folder, "--json"];
  // A verdict on three writes may be anything; only a sweep that was carried out prints its results.
  const { stdout } = await promisify(execFile)("env", words).catch(
    (error: { readonly stdout: string }) => error,
  );
  rmSync(folder, { recursive: true, force: true });
  expect(JSON.parse(stdout)).toHaveProperty("verdicts");
  expect(asked).toBe(0);
});
