/**
 * So many watchers of all keys at one node, which read and keep nothing: `watchers.ts URL count`. Prints a line once all
 * watch. A sequence on standard input ends it: once each watcher has seen that sequence, it prints how many have.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

const [url = "", count = "1"] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const patienceMs = 60_000;
/** More than one event has. */
const tailBytes = 400;

class Watcher {
  readonly #socket = connect(Number(port), hostname);
  #tail = "";
  seen = 0;

  /** Resolves once the node has sent the head of its answer. */
  async open(): Promise<void> {
    const socket = this.#socket;
    await once(socket, "connect");
    socket.write(`GET /watch?prefix=key- HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`);
    const [head] = await once(socket, "data");
    if (!String(head).startsWith("HTTP/1.1 200")) throw new Error(`not watched: ${head}`);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
  }

  /** The last id tells that all before it was sent; it may be cut in two. */
  #read(chunk: Buffer): void {
    const isLong = chunk.length >= tailBytes;
    const end = isLong
      ? chunk.toString("latin1", chunk.length - tailBytes)
      : this.#tail + chunk.toString("latin1");
    const id = /^.*\nid: (\d+)\n/s.exec(end)?.[1];
    if (id !== undefined) this.seen = Number(id);
    this.#tail = end.slice(-tailBytes);
  }
}

const watchers = Array.from({ length: Number(count) }, () => new Watcher());
await Promise.all(watchers.map((watcher) => watcher.open()));
process.stdout.write("watching\n");
const [line] = await once(process.stdin, "data");
const until = Number(line);
const giveUpAt = performance.now() + patienceMs;
const late = () => watchers.filter(({ seen }) => seen < until).length;
while (late() > 0 && performance.now() < giveUpAt) await wait(20);
process.stdout.write(`${watchers.length - late()}\n`);
process.exit();
