/**
 * Server-sent events: bounded in number, bounded in what a slow reader may leave unread, kept
 * alive by a comment every 15 s, and ended with a comment when the gateway stops.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { failureOf } from "../../src/errors.ts";
import { type Intake, smallAnswerBytes } from "../../src/intake/intake.ts";
import { dataPolicy, policyHeader } from "../answers.ts";
import { onClientEnd } from "../exchanges.ts";
import { onSocketClose } from "../socket-close.ts";

/** The format has no other encoding; the name is for readers that would guess one. */
const eventStreamType = "text/event-stream; charset=utf-8";
/** Milliseconds between two comments that keep an idle stream alive. */
const heartbeatIntervalMs = 15_000;
/** Unread bytes beyond which a reader is cut off; it may reconnect and catch up. */
const unreadBytesMax = 1024 * 1024;
/** Milliseconds in which a reader must take some of its unread bytes. */
const stalledMsMax = 60_000;
/** Milliseconds that a browser waits before it opens a broken stream again. */
const reconnectMs = 1000;

/** One event. `data` is one line, such as JSON; without it, readers are told nothing. */
export interface StreamEvent {
  readonly comment?: string;
  readonly name?: string;
  readonly data?: string;
  readonly id?: number | undefined;
}

/** One open stream. */
export interface EventStream {
  /** Sends one event. False: the reader is behind. */
  send(event: StreamEvent): boolean;
  /** The same for whole events as `textOf` writes them. */
  sendText(text: Buffer): boolean;
  /** Calls each time a reader that was behind has caught up. */
  onCaughtUp(resume: () => void): void;
  /** Called once, whoever ended the stream. */
  onEnd(run: () => void): void;
  /** Ends the stream with a comment that says why. */
  end(comment: string): void;
}

/** All streams of a gateway. */
export interface EventStreams {
  /** Gives the answer a place among the streams until it is closed. False: none is left for its client. */
  admit(request: IncomingMessage, response: ServerResponse): boolean;
  /** Sends the head, with the given further headers, and keeps the stream until it ends. */
  open(
    request: IncomingMessage,
    response: ServerResponse,
    head: {
      readonly headers: readonly string[];
      /** The source pauses when `send` returns false, which bounds the unread bytes. */
      readonly waits?: boolean;
    },
  ): EventStream;
  close(): void;
}

interface OpenStream {
  readonly response: ServerResponse;
  /** Bytes that the connection had taken at the last heartbeat, and since when it is that many. */
  taken: number;
  takenAt: number;
}

/** The refusal of one more stream. */
export const tooManyStreams = failureOf("OVERLOADED", "Too many event streams are open.");

/** Streams within the bounds of their node, where those over gRPC count as well. */
export function createEventStreams({ streams: slots, answers }: Intake): EventStreams {
  const open = new Set<OpenStream>();
  const heartbeat = setInterval(() => {
    for (const stream of open) beat(stream);
  }, heartbeatIntervalMs);
  heartbeat.unref();

  return {
    admit: ({ socket }, response) => {
      const slot = slots.enter(socket.remoteAddress, () => {
        if (response.headersSent) endStream(response, "its place is needed for another client");
        else response.destroy();
      });
      if (slot === undefined) return false;
      // A response that waits for one before it is not told when the connection closes.
      const forget = onSocketClose(socket, () => slot.leave());
      response.once("close", () => {
        slot.leave();
        forget();
      });
      return true;
    },
    open: (request, response, { headers, waits = false }) => {
      response.writeHead(200, [
        ...headers,
        "Content-Type",
        eventStreamType,
        "Cache-Control",
        "no-store",
        policyHeader,
        dataPolicy,
        "X-Accel-Buffering",
        "no",
      ]);
      const stream: OpenStream = { response, taken: 0, takenAt: performance.now() };
      if (request.method === "HEAD") response.end();
      else {
        open.add(stream);
        response.write(`retry: ${reconnectMs}\n\n`);
        // A stream has no end to wait for, and a client that has gone looks the same.
        onClientEnd({ request, response }, () => endStream(response, "the client ended its side"));
      }
      const unread = answers.open(() => response.destroy());
      response.on("close", () => {
        open.delete(stream);
        unread.release();
      });
      return createStream(response, {
        // A source that pauses with its reader may pass the bound by one entry.
        isTooMuch: () => {
          const { writableLength: bytes } = response;
          if (bytes <= smallAnswerBytes) return false;
          return (bytes > unreadBytesMax && !waits) || !unread.keep(bytes);
        },
        taken: () => {
          if (response.writableLength <= smallAnswerBytes) unread.release();
        },
      });
    },
    close: () => {
      clearInterval(heartbeat);
      for (const { response } of open) endStream(response, "the node is stopping");
    },
  };
}

/** What a stream keeps for its reader. */
interface Unread {
  /** After a write: more than it may. */
  isTooMuch(): boolean;
  /** The connection has taken a write. */
  readonly taken: () => void;
}

function createStream(response: ServerResponse, { isTooMuch, taken }: Unread): EventStream {
  const isLive = () => !response.writableEnded && !response.destroyed;
  const send = (text: string | Buffer) => {
    if (!isLive()) return false;
    const calm = response.write(text, taken);
    if (isTooMuch()) response.destroy();
    return calm;
  };
  return {
    send: (event) => send(textOf(event)),
    sendText: send,
    onCaughtUp: (resume) => {
      response.on("drain", resume);
    },
    onEnd: (run) => {
      if (isLive()) response.once("close", run);
      else run();
    },
    end: (comment) => endStream(response, comment),
  };
}

/** One event as readers receive it. */
export function textOf({ comment, name, data, id }: StreamEvent): string {
  let text = comment === undefined ? "" : `: ${comment}\n`;
  if (id !== undefined) text += `id: ${id}\n`;
  if (name !== undefined) text += `event: ${name}\n`;
  if (data !== undefined) text += `data: ${data}\n`;
  return `${text}\n`;
}

/** Ends the stream, or cuts it off where the client can read no more. */
function endStream(response: ServerResponse, comment: string): void {
  if (response.socket?.writable === false) response.destroy();
  else if (!response.writableEnded && !response.destroyed) response.end(`: ${comment}\n\n`);
}

/** Sends the comment of one stream. One with unread bytes gets none, and is cut off if that lasts. */
function beat(stream: OpenStream): void {
  const { response } = stream;
  // Cut off, and not closed yet: writing now would be an error.
  if (response.writableEnded || response.destroyed) return;
  const taken = (response.socket?.bytesWritten ?? 0) - response.writableLength;
  const now = performance.now();
  if (taken !== stream.taken || response.writableLength === 0) {
    stream.taken = taken;
    stream.takenAt = now;
  } else if (now - stream.takenAt >= stalledMsMax) response.destroy();
  if (response.writableLength === 0) response.write(": heartbeat\n\n");
}
