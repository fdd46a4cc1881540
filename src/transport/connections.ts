/**
 * How many connections the gRPC port has. One that carries replication does not count: what public
 * clients hold cannot keep a node away.
 */
import type { Socket } from "node:net";
import type { Server, ServerInterceptor } from "@grpc/grpc-js";
import type { FairSlots, Slot } from "../intake/fair-slots.ts";
import { GrpcCall, onConnection } from "../intake/grpc-calls.ts";
import { replicationService } from "./replication-service.ts";

interface Connection {
  slot: Slot | undefined;
  /** Streams between nodes that it carries. */
  replications: number;
  enter(): Slot | undefined;
}

/** The connections of one port. Beyond the bound, the least recently used are closed. */
export class Connections {
  readonly #slots: FairSlots;
  /** By address and port of the client: the HTTP/2 library shows its sockets to nobody. */
  readonly #byClient = new Map<string, Connection>();
  readonly #bySession = new WeakMap<object, Connection>();

  constructor(slots: FairSlots) {
    this.#slots = slots;
  }

  /** Counts the connections of a server that is bound. */
  watch(server: Server): void {
    onConnection(server, (socket) => this.opened(socket));
  }

  /** An interceptor that notes which connections are in use, and for what. */
  readonly interceptor: ServerInterceptor = (method, call) => {
    const inner = new GrpcCall(call);
    const { stream } = inner;
    const connection = this.#connectionOf(inner);
    if (connection !== undefined && method.path !== replicationService.replicate.path) {
      connection.slot?.touch();
    } else if (connection !== undefined) {
      connection.replications += 1;
      connection.slot?.leave();
      stream.once("close", () => {
        connection.replications -= 1;
        if (connection.replications === 0) connection.slot = connection.enter();
      });
    }
    return call as never;
  };

  #connectionOf(call: GrpcCall): Connection | undefined {
    const { session } = call.stream;
    if (session === undefined) return undefined;
    const known = this.#bySession.get(session);
    if (known !== undefined) return known;
    const found = this.#byClient.get(call.client);
    if (found !== undefined) this.#bySession.set(session, found);
    return found;
  }

  /** Counts a connection of a port that opens its own. */
  opened(socket: Socket): void {
    const cut = () => socket.destroy();
    const enter = () =>
      socket.destroyed ? undefined : this.#slots.enter(socket.remoteAddress, cut);
    const connection: Connection = { slot: enter(), replications: 0, enter };
    if (connection.slot === undefined) {
      cut();
      return;
    }
    const client = `${socket.remoteAddress} ${socket.remotePort}`;
    this.#byClient.set(client, connection);
    socket.once("close", () => {
      connection.slot?.leave();
      this.#byClient.delete(client);
    });
  }
}
