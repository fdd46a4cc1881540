/** The port `Network` over gRPC. */
import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { MemberAddress } from "../config/members.ts";
import type { Cancel, Link, LinkEvents, Log, Network } from "../node/ports.ts";
import type { FollowerMessage, LeaderMessage, NodeId } from "../replication/types.ts";
import type { Known } from "./codec/believed.ts";
import { dial } from "./dial.ts";
import { MalformedLog } from "./malformed-log.ts";
import type { OutboxLimits } from "./outbox.ts";
import { accept, refuse } from "./replication-service.ts";

type Opened = (link: Link<FollowerMessage>) => LinkEvents<LeaderMessage>;

/** Dials the members of NODES, and accepts the streams that they dial. */
export class GrpcNetwork implements Network {
  readonly #addresses: ReadonlyMap<NodeId, string>;
  readonly #known: Known;
  readonly #log: Log;
  readonly #malformed: MalformedLog;
  readonly #limits: OutboxLimits | undefined;
  readonly #dials = new Set<Cancel>();
  /** Streams that leaders have opened to this node. */
  readonly #accepted = new Set<Link<FollowerMessage>>();
  #opened: Opened | undefined;

  constructor(options: { nodes: readonly MemberAddress[]; log: Log; limits?: OutboxLimits }) {
    this.#addresses = new Map(
      options.nodes.map(({ id, host, grpcPort }) => [id, hostAndPort(host, grpcPort)]),
    );
    const ids = options.nodes.map(({ id }) => id);
    this.#known = ids.length === 0 ? undefined : new Set(ids);
    this.#log = options.log;
    this.#malformed = new MalformedLog(options.log);
    this.#limits = options.limits;
  }

  /** Keeps one stream to the member until the returned function is called. Throws if NODES lacks it. */
  dial(to: NodeId, opened: (link: Link<LeaderMessage>) => LinkEvents<FollowerMessage>): Cancel {
    const address = this.#addresses.get(to);
    if (address === undefined) throw new Error(`NODES has no member called ${to}`);
    const malformed = (peer: string, reason: string) =>
      this.#malformed.warn(`${to} at ${peer}`, reason);
    const known: Known = this.#known;
    const rest = { known, malformed, log: this.#log, limits: this.#limits };
    const hangUp = dial({ address, opened, ...rest });
    const cancel = () => {
      this.#dials.delete(cancel);
      hangUp();
    };
    this.#dials.add(cancel);
    return cancel;
  }

  /** Accepts streams from now on; until then they are refused. */
  listen(opened: Opened): void {
    this.#opened = opened;
  }

  /** The handler of `Replicate`: a leader opens a stream to this node. */
  accept(call: ServerDuplexStream<Buffer, Buffer>): void {
    const opened = this.#opened;
    if (opened === undefined) {
      refuse(call, "this node does not accept streams now");
      return;
    }
    const malformed = (peer: string, reason: string) => this.#malformed.warn(peer, reason);
    const link = accept(call, { opened, known: this.#known, malformed, limits: this.#limits });
    this.#accepted.add(link);
    call.once("cancelled", () => this.#accepted.delete(link));
  }

  /** Ends all streams and attempts, and refuses new ones. */
  close(): void {
    this.#opened = undefined;
    for (const link of this.#accepted) link.close();
    for (const cancel of this.#dials) cancel();
  }
}

/** The address as gRPC wants it: IPv6 needs brackets before the port. */
export const hostAndPort = (host: string, port: number): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
