/** A client on a bare socket that writes all it has before it reads a byte, or ends its side early. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface RawAnswer {
  /** All that came back, until the other side ended. */
  readonly text: string;
  /** How the connection ended: by the other side's FIN, or by an error such as ECONNRESET. */
  readonly end: string;
}

/** It stays open on its own side when the other side ends. */
export const openSocket = async (port: number): Promise<Socket> => {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  return socket;
};

/**
 * Writes each part and waits until the kernel has taken it before the next; reads only after the
 * last. `halfClose`: ends its side then, as `nc -N` does.
 */
export const writeThenRead = async (
  port: number,
  parts: readonly (string | Buffer)[],
  { halfClose = false } = {},
): Promise<RawAnswer> => {
  const socket = await openSocket(port);
  socket.pause();
  let end = "FIN";
  socket.on("error", (error: Error & { code?: string }) => {
    end = error.code ?? error.message;
  });
  for (const part of parts) {
    if (socket.destroyed) break;
    await new Promise<void>((resolve) => {
      socket.once("close", resolve);
      socket.write(part, () => {
        socket.off("close", resolve);
        resolve();
      });
    });
  }
  if (halfClose) socket.end();
  return { text: await readAll(socket), end };
};

/** All that comes until the connection is closed. */
export const readAll = async (socket: Socket): Promise<string> => {
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  socket.on("end", () => socket.end());
  socket.resume();
  if (!socket.closed) await once(socket, "close");
  return text;
};

export const statusesOf = (text: string): readonly number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
