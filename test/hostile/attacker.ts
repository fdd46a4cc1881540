/** Clients that fill the memory of a node: they send halves, or ask for much and read nothing. */
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";

/** A message as gRPC frames it; `length` may promise more than is there. */
export function grpcFrame(message: Buffer, length = message.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

/** A protobuf field of bytes or text. */
export function field(number: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  const length: number[] = [];
  for (let rest = bytes.length; ; rest = Math.floor(rest / 128)) {
    length.push(rest < 128 ? rest : (rest % 128) | 128);
    if (rest < 128) break;
  }
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length]), bytes]);
}

/** One HTTP/2 connection. With a window of 0 nothing of its answers can be sent. */
export class Attacker {
  readonly #session: ClientHttp2Session;
  readonly #streams: ClientHttp2Stream[] = [];

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
    session.on("error", () => undefined);
  }

  static async connect(port: number, window = 0): Promise<Attacker> {
    const settings = { initialWindowSize: window };
    const session = connect(`http://127.0.0.1:${port}`, { settings });
    const attacker = new Attacker(session);
    await once(session, "remoteSettings");
    return attacker;
  }

  get isOpen(): boolean {
    return !this.#session.destroyed && !this.#session.closed;
  }

  /** Calls of it that are still open. */
  get openCalls(): number {
    return this.#streams.filter((stream) => !stream.destroyed).length;
  }

  /** Starts a call whose answer is never read. */
  call(path: string): ClientHttp2Stream {
    const stream = this.#session.request(
      {
        [constants.HTTP2_HEADER_METHOD]: "POST",
        [constants.HTTP2_HEADER_PATH]: path,
        "content-type": "application/grpc+proto",
        te: "trailers",
      },
      { endStream: false },
    );
    stream.on("error", () => undefined);
    stream.pause();
    this.#streams.push(stream);
    return stream;
  }

  /** Writes until the node takes no more, or the call is over. */
  async pour(stream: ClientHttp2Stream, piece: Buffer, count: number): Promise<void> {
    for (let sent = 0; sent < count && !stream.destroyed && !stream.writableEnded; sent++) {
      if (stream.write(piece)) continue;
      const isGoing = await drained(stream);
      if (!isGoing) return;
    }
  }

  close(): void {
    this.#session.destroy();
  }
}

/** False: the other side takes no more. It has long enough to take what it will. */
const drained = (stream: ClientHttp2Stream): Promise<boolean> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => done(false), 1000);
    const done = (isGoing: boolean) => {
      clearTimeout(timer);
      stream.off("drain", onDrain);
      stream.off("close", onClose);
      resolve(isGoing);
    };
    const onDrain = () => done(true);
    const onClose = () => done(false);
    stream.once("drain", onDrain);
    stream.once("close", onClose);
  });
