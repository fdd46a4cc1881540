/**
 * What the gRPC library keeps of a call and a server, and shows to nobody. It buffers whatever a client
 * sends of a message or leaves unread of an answer, with one bound for the messages of all methods. All
 * access to its insides is in this file; `bounded-calls.test.ts` and `test/hostile` notice when they change.
 */
import type { ServerHttp2Stream } from "node:http2";
import type { Server as NetServer, Socket } from "node:net";
import type { Server, ServerInterceptingCallInterface } from "@grpc/grpc-js";
import { pieceOverheadBytes } from "./intake.ts";

interface CallInternals {
  readonly stream: ServerHttp2Stream;
  readonly decoder: { maxReadMessageLength: number; readPartialMessage: unknown[] };
  maxReceiveMessageSize: number;
}

interface ServerInternals {
  readonly http2Servers: ReadonlyMap<NetServer, unknown>;
  readonly commonServerOptions: { readonly settings: { maxHeaderListSize?: number } };
}

/** ENHANCE_YOUR_CALM, which clients report as RESOURCE_EXHAUSTED. */
const enhanceYourCalm = 11;

/** One call as its HTTP/2 stream. */
export class GrpcCall {
  readonly stream: ServerHttp2Stream;
  readonly #call: CallInternals;

  constructor(call: ServerInterceptingCallInterface) {
    this.#call = call as unknown as CallInternals;
    this.stream = this.#call.stream;
  }

  get address(): string | undefined {
    return this.stream.session?.socket.remoteAddress;
  }

  /** The client's address and port. */
  get client(): string {
    const socket = this.stream.session?.socket;
    return `${socket?.remoteAddress} ${socket?.remotePort}`;
  }

  /** Bytes of answers that wait for the client. */
  get unreadBytes(): number {
    return this.stream.writableLength;
  }

  /** A longer message, compressed or not, ends the call with RESOURCE_EXHAUSTED. */
  limitMessages(bytesMax: number): void {
    this.#call.maxReceiveMessageSize = bytesMax;
    this.#call.decoder.maxReadMessageLength = bytesMax;
  }

  /** Calls with the bytes of memory that each further piece of the request keeps. */
  onReceived(run: (bytes: number) => void): void {
    let last: ArrayBufferLike | undefined;
    this.stream.on("data", (piece: Buffer) => {
      // Pieces of one read share its memory, and each keeps all of it.
      const shared = piece.buffer === last ? 0 : piece.buffer.byteLength;
      last = piece.buffer;
      run(shared + pieceOverheadBytes);
    });
  }

  /** Ends the call at once, and forgets what is unsent and half received. */
  cut(): void {
    this.#call.decoder.readPartialMessage = [];
    if (!this.stream.destroyed) this.stream.close(enhanceYourCalm);
  }
}

/** Bounds the headers of each call, before the server is bound. */
export function limitHeaders(server: Server, bytesMax: number): void {
  const { commonServerOptions } = server as unknown as ServerInternals;
  commonServerOptions.settings.maxHeaderListSize = bytesMax;
}

/** Calls with each connection that cannot be accepted; unheard, such an error would end the process. */
export function onAcceptError(server: Server, run: (error: Error) => void): void {
  const { http2Servers } = server as unknown as ServerInternals;
  for (const each of http2Servers.keys()) each.on("error", run);
}

/** Calls with each connection from now on, once the server is bound. */
export function onConnection(server: Server, run: (socket: Socket) => void): void {
  const { http2Servers } = server as unknown as ServerInternals;
  for (const each of http2Servers.keys()) each.prependListener("connection", run);
}
