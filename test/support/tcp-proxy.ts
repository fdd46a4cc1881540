/**
 * A TCP proxy for one link of a cluster, which a test can cut, refuse, slow down, throttle or hold
 * up, both ways or one. No privileges needed.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, connect as openSocket, type Socket } from "node:net";

/** What happens to the bytes of one direction. */
export interface Treatment {
  /** Milliseconds that every byte comes later. */
  readonly delayMs?: number;
  readonly bytesPerSecond?: number;
  /**
   * Nothing passes and nobody is told. The bytes are kept, as a network that comes back would have
   * them sent again, and pass when the treatment ends.
   */
  readonly hold?: boolean;
}

export interface TcpProxy {
  readonly port: number;
  /** Toward the target, and back from it. `{}` lets everything pass at once. */
  treat(both: { forth?: Treatment; back?: Treatment }): void;
  /** Breaks every connection; with `refuse`, also each new one until `heal`. */
  cut(options?: { refuse?: boolean }): void;
  heal(): void;
  close(): Promise<void>;
}

const QUEUE_BYTES_MAX = 4 * 1024 * 1024;
const HOST = "127.0.0.1";

/** Listens on `port` and passes what arrives to `target`, both on loopback. */
export async function startTcpProxy(port: number, target: number): Promise<TcpProxy> {
  let forth: Treatment = {};
  let back: Treatment = {};
  let refusing = false;
  const lanes = new Set<Lane>();
  const sockets = new Set<Socket>();

  const server = createServer((near) => {
    if (refusing) {
      near.destroy();
      return;
    }
    const far = openSocket({ port: target, host: HOST });
    const pair = [new Lane(near, far, () => forth), new Lane(far, near, () => back)];
    for (const lane of pair) {
      lanes.add(lane);
    }
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => {
        sockets.delete(socket);
        for (const lane of pair) {
          lane.close();
          lanes.delete(lane);
        }
      });
    }
  });
  server.listen({ port, host: HOST });
  await once(server, "listening");

  const wake = (): void => {
    for (const lane of lanes) {
      lane.pump();
    }
  };
  const cut = (options: { refuse?: boolean } = {}): void => {
    refusing = options.refuse ?? false;
    for (const socket of sockets) {
      socket.destroy();
    }
  };
  return {
    port: (server.address() as AddressInfo).port,
    treat(both) {
      forth = both.forth ?? {};
      back = both.back ?? {};
      wake();
    },
    cut,
    heal() {
      refusing = false;
      forth = {};
      back = {};
      wake();
    },
    async close() {
      cut({ refuse: true });
      server.close();
      await once(server, "close");
    },
  };
}

/** One direction of one connection. Invariant: chunks leave in the order in which they came. */
class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #treatment: () => Treatment;
  readonly #queue: { readonly chunk: Buffer; readonly dueAt: number }[] = [];
  #queuedBytes = 0;
  /** When the throttle lets the next chunk pass. */
  #freeAt = 0;
  #ended = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, treatment: () => Treatment) {
    this.#from = from;
    this.#to = to;
    this.#treatment = treatment;
    from.on("data", (chunk) => this.#take(chunk));
    from.on("end", () => {
      this.#ended = true;
      this.pump();
    });
    to.on("drain", () => this.pump());
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#from.destroy();
    this.#to.destroy();
  }

  #take(chunk: Buffer): void {
    this.#queue.push({ chunk, dueAt: performance.now() + (this.#treatment().delayMs ?? 0) });
    this.#queuedBytes += chunk.length;
    if (this.#queuedBytes > QUEUE_BYTES_MAX) {
      this.#from.pause();
    }
    this.pump();
  }

  /** Passes on whatever may go now, and comes back for the rest. */
  pump(): void {
    clearTimeout(this.#timer);
    const { hold = false, bytesPerSecond } = this.#treatment();
    for (let head = this.#queue[0]; head !== undefined && !hold; head = this.#queue[0]) {
      const waitMs = Math.max(head.dueAt, this.#freeAt) - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.pump(), waitMs);
        return;
      }
      if (this.#to.writableNeedDrain) {
        return;
      }
      this.#queue.shift();
      this.#queuedBytes -= head.chunk.length;
      if (bytesPerSecond !== undefined) {
        this.#freeAt = performance.now() + (1000 * head.chunk.length) / bytesPerSecond;
      }
      this.#to.write(head.chunk);
    }
    if (this.#queuedBytes <= QUEUE_BYTES_MAX) {
      this.#from.resume();
    }
    if (this.#ended && this.#queue.length === 0) {
      this.#to.end();
    }
  }
}
