/** HTTP/2 as no client speaks it: frames by hand, as many as wanted. */
import { Buffer } from "node:buffer";
import { once } from "node:events";
import type { Socket } from "node:net";
import { open } from "./sockets.ts";

const types = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
const endStream = 1;
const endHeaders = 4;

interface Frame {
  readonly type: number;
  readonly flags?: number;
  readonly stream?: number;
  readonly payload?: Buffer;
}

function frame({ type, flags = 0, stream = 0, payload = Buffer.alloc(0) }: Frame): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** A string of HPACK without Huffman; lengths from 127 on take further bytes. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const head = bytes.length < 127 ? [bytes.length] : [127];
  for (let rest = bytes.length - 127; rest >= 0; rest = rest < 128 ? -1 : rest >>> 7)
    head.push(rest < 128 ? rest : (rest & 127) | 128);
  return Buffer.concat([Buffer.from(head), bytes]);
}

/** `indexed`: the peer shall remember it under the number 62, the newest of its table. */
const header = (name: string, value: string, indexed = false): Buffer =>
  Buffer.concat([Buffer.of(indexed ? 0x40 : 0), text(name), text(value)]);

/** The headers of a call of the public service. */
const callHeaders = (method = "Read", more: readonly Buffer[] = []): Buffer =>
  Buffer.concat([
    header(":method", "POST"),
    header(":scheme", "http"),
    header(":path", `/quorumkv.v1.KV/${method}`),
    header(":authority", "localhost"),
    header("content-type", "application/grpc"),
    header("te", "trailers"),
    ...more,
  ]);

const preface = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  frame({ type: types.settings }),
]);

const openStream = (stream: number, flags = endHeaders, payload = callHeaders()): Buffer =>
  frame({ type: types.headers, flags, stream, payload });
const odd = (index: number): number => 2 * index + 1;

/** A flood: what is sent once, then how often what else; `index` counts from 0. */
interface Flood {
  readonly first?: Buffer;
  readonly times: number;
  readonly each: (index: number) => Buffer;
}

const noise = Buffer.alloc(1000, "x");
/** Remembered once by the peer, each mention of it is one byte here and 4 KB there. */
const bomb = header("x-bomb", "b".repeat(4000), true);
const mentions = Buffer.alloc(15_000, 0x80 | 62);

/** By name. They are long enough that a node which kept what each brings would grow by far. */
export const floods: Readonly<Record<string, Flood>> = {
  "CONTINUATION frames without an end": {
    first: openStream(1, 0),
    times: 60_000,
    each: (index) =>
      frame({
        type: types.continuation,
        stream: 1,
        payload: header(`x-${index}`, noise.toString()),
      }),
  },
  "empty CONTINUATION frames": {
    first: openStream(1, 0),
    times: 200_000,
    each: () => frame({ type: types.continuation, stream: 1 }),
  },
  "PING frames": {
    times: 300_000,
    each: () => frame({ type: types.ping, payload: Buffer.alloc(8) }),
  },
  "SETTINGS frames": { times: 200_000, each: () => frame({ type: types.settings }) },
  "SETTINGS frames that change the table": {
    times: 100_000,
    each: (index) =>
      frame({
        type: types.settings,
        payload: Buffer.concat([Buffer.of(0, 1), uint32((index % 2) * 4096)]),
      }),
  },
  "streams that are reset at once": {
    times: 60_000,
    each: (index) =>
      Buffer.concat([
        openStream(odd(index)),
        frame({ type: types.reset, stream: odd(index), payload: uint32(8) }),
      ]),
  },
  "streams that are reset by an error": {
    times: 60_000,
    each: (index) =>
      Buffer.concat([
        openStream(odd(index)),
        frame({ type: types.windowUpdate, stream: odd(index), payload: uint32(0) }),
      ]),
  },
  "streams that never end": { times: 60_000, each: (index) => openStream(odd(index)) },
  "empty DATA frames": {
    first: openStream(1),
    times: 300_000,
    each: () => frame({ type: types.data, stream: 1 }),
  },
  "DATA frames of one byte of a long message": {
    first: openStream(1),
    times: 200_000,
    each: (index) =>
      frame({
        type: types.data,
        stream: 1,
        payload: index === 0 ? Buffer.of(0, 0, 0x1f, 0xff, 0xff) : Buffer.of(1),
      }),
  },
  "PRIORITY frames": {
    times: 200_000,
    each: (index) =>
      frame({
        type: types.priority,
        stream: odd(index),
        payload: Buffer.concat([uint32(0), Buffer.of(1)]),
      }),
  },
  "WINDOW_UPDATE frames": {
    times: 200_000,
    each: () => frame({ type: types.windowUpdate, payload: uint32(1) }),
  },
  "frames of unknown types": {
    times: 30_000,
    each: (index) => frame({ type: 32 + (index % 200), payload: noise }),
  },
  "headers that are one byte each, and 4 KB once read": {
    times: 200,
    each: (index) =>
      openStream(
        odd(index),
        endHeaders | endStream,
        Buffer.concat([callHeaders("Read", index === 0 ? [bomb] : []), mentions]),
      ),
  },
  "GOAWAY frames": {
    times: 100_000,
    each: () => frame({ type: types.goAway, payload: Buffer.alloc(8) }),
  },
};

const chunkBytes = 64 * 1024;

/**
 * Sends a flood on one connection, reading what comes back, until all is sent or the peer has had enough.
 * Calls `tick` between chunks.
 */
export async function flood(
  port: number,
  { first, times, each }: Flood,
  tick: () => Promise<void>,
): Promise<{ readonly sent: number; readonly cut: boolean }> {
  const socket = await open(port);
  socket.resume();
  socket.write(preface);
  if (first !== undefined) socket.write(first);
  let sent = 0;
  while (sent < times && socket.writable) {
    const chunk: Buffer[] = [];
    for (let bytes = 0; bytes < chunkBytes && sent < times; sent += 1) {
      const next = each(sent);
      chunk.push(next);
      bytes += next.length;
    }
    await taken(socket, Buffer.concat(chunk));
    await tick();
  }
  const cut = socket.destroyed || !socket.writable;
  socket.destroy();
  return { sent, cut };
}

/** Resolves once the bytes have left this process, or the connection is over. */
async function taken(socket: Socket, bytes: Buffer): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  const left = new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  await Promise.race([left, once(socket, "close", { signal }).catch(() => undefined)]);
  over.abort();
}
