/** The port `Network` over gRPC. */
import { type ServerDuplexStream, status } from "@grpc/grpc-js";
import type { MemberAddress } from "../config/members.ts";
import type { Cancel, Link, LinkEvents, Log, Network } from "../node/ports.ts";
import type { FollowerMessage, LeaderMessage, NodeId } from "../replication/types.ts";
import { dial } from "./dial.ts";
import type { OutboxLimits } from "./outbox.ts";
import { accept, refuse } from "./replication-service.ts";
import { asFollower, asLeader } from "./security/as-member.ts";
import type { MemberStreams, Secured } from "./security/member-streams.ts";

type DialOpened = (link: Link<LeaderMessage>) => LinkEvents<FollowerMessage>;
type Opened = (link: Link<FollowerMessage>) => LinkEvents<LeaderMessage>;

/** Dials the members of NODES, and accepts the streams that they dial. */
export class GrpcNetwork implements Network {
  readonly #members: ReadonlyMap<NodeId, MemberAddress>;
  readonly #log: Log;
  readonly #limits: OutboxLimits | undefined;
  /** Only with TLS. */
  readonly #security: MemberStreams | undefined;
  readonly #dials = new Set<Cancel>();
  /** Streams that leaders have opened to this node. */
  readonly #accepted = new Set<Link<FollowerMessage>>();
  #opened: Opened | undefined;

  constructor(options: {
    nodes: readonly MemberAddress[];
    log: Log;
    limits?: OutboxLimits;
    security?: MemberStreams | undefined;
  }) {
    this.#members = new Map(options.nodes.map((member) => [member.id, member]));
    this.#security = options.security;
    this.#log = options.log;
    this.#limits = options.limits;
  }

  /** Keeps one stream to the member until the returned function is called. Throws if NODES lacks it. */
  dial(to: NodeId, opened: DialOpened): Cancel {
    const member = this.#members.get(to);
    if (member === undefined) throw new Error(`NODES has no member called ${to}`);
    const address = hostAndPort(member.host, member.grpcPort);
    const rest = { address, log: this.#log, limits: this.#limits };
    const hangUp = dial({ ...rest, ...this.#asMember(member, opened) });
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
  accept(call: ServerDuplexStream<LeaderMessage, Buffer>): void {
    if (this.#opened === undefined) {
      refuse(call, "this node does not accept streams now");
      return;
    }
    const caller = this.#security?.callerOf(call);
    if (caller !== undefined && "fault" in caller) {
      refuse(call, `refused as a member: ${caller.fault}`, status.PERMISSION_DENIED);
      return;
    }
    const peer = call.getPeer();
    const lied = (named: NodeId) =>
      this.#security?.refused(peer, `it is ${caller?.member}, but its message names ${named}`);
    const opened =
      caller === undefined ? this.#opened : asLeader({ id: caller.member, lied })(this.#opened);
    const link = accept(call, opened, this.#limits);
    this.#accepted.add(link);
    call.once("cancelled", () => this.#accepted.delete(link));
  }

  /** What a dial to the member needs with TLS. */
  #asMember({ id, host, grpcPort }: MemberAddress, opened: DialOpened) {
    const security = this.#security;
    if (security === undefined) return { opened };
    const to = { id, host: host.replace(/^\[|\]$/g, ""), port: grpcPort };
    const lied = (named: NodeId) =>
      security.refused(hostAndPort(host, grpcPort), `it is ${id}, but its message names ${named}`);
    return {
      opened: asFollower({ id, lied })(opened),
      security: {
        prepare: (open: (secured: Secured) => void) => security.prepare(to, open),
        failed: (details: string) => security.failed(to, details),
      },
    };
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
