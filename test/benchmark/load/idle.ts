/**
 * So many connections, each of which does some writes and reads and then waits: `idle.ts URL connections rounds`. Prints
 * a line once all wait. A line on standard input ends it: it prints how many are still open, and closes them.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

const [url = "", count = "1", rounds = "1"] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const togetherMax = 64;
const keys = 1000;
const value = "v".repeat(64);

function ask(socket: Socket, request: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let text = "";
  const over = (error?: Error): void => {
    socket.off("data", read).off("close", gone);
    if (error === undefined) resolve();
    else reject(error);
  };
  const gone = (): void => over(new Error("the server closed a connection"));
  const read = (chunk: Buffer): void => {
    text += chunk.toString("latin1");
    const head = text.indexOf("\r\n\r\n");
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN);
    if (head === -1 || text.length < head + 4 + length) return;
    if (text.startsWith("HTTP/1.1 200 ") && !Number.isNaN(length)) over();
    else over(new Error(`not answered as expected: ${text}`));
  };
  socket.on("data", read).on("close", gone);
  socket.write(request);
  return promise;
}

const requestsOf = (turn: number): readonly string[] => {
  const key = `key-${1 + (turn % keys)}`;
  const body = JSON.stringify({ key, value });
  const head = `Host: ${hostname}:${port}\r\n`;
  const type = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
  return [
    `PUT /write HTTP/1.1\r\n${head}${type}\r\n${body}`,
    `GET /read?key=${key} HTTP/1.1\r\n${head}\r\n`,
  ];
};

const sockets: Socket[] = [];
let next = 0;

async function open(): Promise<void> {
  while (next < Number(count)) {
    const turn = next;
    next += 1;
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    // A reset is seen as a close.
    socket.on("error", () => undefined);
    sockets.push(socket);
    await once(socket, "connect");
    for (let round = 0; round < Number(rounds); round += 1)
      for (const request of requestsOf(turn + round * Number(count))) await ask(socket, request);
  }
}

await Promise.all(Array.from({ length: togetherMax }, open));
process.stdout.write("idle\n");
await once(process.stdin, "data");
process.stdout.write(`${sockets.filter(({ readyState }) => readyState === "open").length}\n`);
for (const socket of sockets) socket.end();
await Promise.all(sockets.map((socket) => socket.closed || once(socket, "close")));
process.exit();
