/**
 * Stops under full load, again and again on the same data: each must be orderly, and what was acknowledged
 * before it must be there after the next start. Every second one meets uploads that never end.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HttpClient } from "../support/http-client.ts";
import { startFullLoad } from "./full-load.ts";
import { freeBasePort, Launched, launcher } from "./launched.ts";

export interface Rounds {
  readonly times: number;
  readonly log: (line: string) => void;
}

const followers = 5;
/** For a read of what is stored: a sure sign that something hangs. */
const timeoutMs = 120_000;
/** Acknowledged before each stop. */
const writesBefore = 1_000;

/** Throws with what the launcher printed when a stop was not orderly, or lost something. */
export async function stopUnderLoad({ times, log }: Rounds): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "quorum-kv-stop-"));
  const basePort = await freeBasePort();
  const options = ["--data", folder, "--base-port", String(basePort)];
  const urls = Array.from({ length: followers + 1 }, (_, i) => `http://127.0.0.1:${basePort + i}`);
  const acknowledged = new Map<string, number>();
  try {
    for (let round = 1; round <= times; round += 1) {
      const launched = new Launched(launcher, options);
      try {
        await launched.prints("Ctrl-C");
        await expectNothingLost(urls[0] ?? "", acknowledged);
        const load = startFullLoad(urls, `round-${round}`);
        await load.progress(writesBefore);
        // A client in the middle of its request makes each node wait as long as it ever does.
        const uploads = round % 2 === 0 ? await Promise.all(urls.map(unfinishedUpload)) : [];
        const since = performance.now();
        launched.process.kill("SIGTERM");
        const code = await launched.ended();
        const seconds = ((performance.now() - since) / 1000).toFixed(1);
        await load.stop();
        for (const upload of uploads) upload.destroy();
        expectOrderly(code, launched.printed);
        for (const [key, value] of load.acknowledged) acknowledged.set(key, value);
        log(
          `stop ${round} of ${times}: orderly after ${seconds} s, ${load.acknowledged.size} keys`,
        );
      } finally {
        await launched.dispose();
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function unfinishedUpload(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  const head = "Host: localhost\r\nContent-Type: application/json\r\nContent-Length: 100";
  await new Promise((sent) => socket.write(`PUT /write HTTP/1.1\r\n${head}\r\n\r\n{`, sent));
  return socket;
}

function expectOrderly(code: number | null, printed: string): void {
  const isOrderly =
    code === 0 &&
    printed.includes("All nodes stopped.") &&
    !/took too long|Killed because|died \(/.test(printed);
  if (!isOrderly) throw new Error(`not an orderly stop, exit code ${code}:\n${printed}`);
}

/** A value may have risen since it was acknowledged, by a write whose answer was lost. */
async function expectNothingLost(url: string, wanted: ReadonlyMap<string, number>): Promise<void> {
  const client = new HttpClient();
  try {
    for (const [key, value] of wanted) {
      const reply = await client.ask(url, { method: "GET", path: `/read?key=${key}`, timeoutMs });
      const stored = reply.type === "answer" ? Number(reply.body?.["value"]) : Number.NaN;
      if (!(stored >= value)) {
        throw new Error(`${key} was acknowledged as ${value} and is now ${JSON.stringify(reply)}`);
      }
    }
  } finally {
    client.close();
  }
}
