/** Clients that speak no HTTP, speak it too slowly, leave in the middle, or never listen. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

const HOST = "127.0.0.1";

/** Opens connections a few hundred at a time, as the listening queue is not endless. */
export async function openMany(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const group = Array.from({ length: Math.min(250, count - sockets.length) }, () => open(port));
    sockets.push(...(await Promise.all(group)));
  }
  return sockets;
}

export async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: HOST });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** Sends the bytes, ends, and returns all that comes back; gives up on an open end after a while. */
export async function sendRaw(port: number, bytes: Buffer, patienceMs = 1500): Promise<string> {
  const socket = await open(port);
  let text = "";
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  const closed = once(socket, "close");
  socket.end(bytes);
  await Promise.race([closed, wait(patienceMs)]);
  socket.destroy();
  return text;
}

/**
 * Sends the bytes, ends, and returns all that comes back until the node closes too: at once where it has
 * answered, and after its own limits at the latest.
 */
export async function exchangeRaw(port: number, bytes: Buffer): Promise<string> {
  const socket = await open(port);
  let text = "";
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  const closed = once(socket, "close");
  socket.end(bytes);
  await closed;
  return text;
}

export interface Drip {
  readonly socket: Socket;
  /** What was answered in the end; ends when the other side closes. */
  readonly answer: Promise<string>;
  stop(): void;
}

/** Sends the beginning at once and then a byte every now and then, for ever. */
export async function drip(port: number, beginning: string, byte: string): Promise<Drip> {
  const socket = await open(port);
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  socket.write(beginning);
  const timer = setInterval(() => socket.write(byte), 500);
  const answer = once(socket, "close").then(() => {
    clearInterval(timer);
    return text;
  });
  return {
    socket,
    answer,
    stop() {
      clearInterval(timer);
      socket.destroy();
    },
  };
}
