/** The port `Network` over gRPC. */
import { type ServerDuplexStream, status } from "@grpc/grpc-js";
import type { MemberAddress } from "../config/members.ts";
import type { Cancel, Link, LinkEvents, Log, Network } from "../node/ports.ts";
import type { FollowerMessage, LeaderMessage, NodeId } from "../replication/types.ts";
import type { Known } from "./codec/believed.ts";
import { dial } from "./dial.ts";
import { Handshake } from "./handshake.ts";
import { MalformedLog } from "./malformed-log.ts";
import type { OutboxLimits } from "./outbox.ts";
import { accept, refuse } from "./replication-service.ts";
import { asFollower, asLeader } from "./security/as-member.ts";
import type { MemberStreams, Secured } from "./security/member-streams.ts";

type DialOpened = (link: Link<LeaderMessage>) => LinkEvents<FollowerMessage>;
const notNow = "this node does not accept streams now";

type Opened = (link: Link<FollowerMessage>) => LinkEvents<LeaderMessage>;
type Call = ServerDuplexStream<Buffer, Buffer>;

/** Dials the members of NODES, and accepts the streams that they dial. */
export class GrpcNetwork implements Network {
  readonly #members: ReadonlyMap<NodeId, MemberAddress>;
  readonly #known: Known;
  readonly #log: Log;
  readonly #malformed: MalformedLog;
  readonly #handshake: Handshake;
  readonly #limits: OutboxLimits | undefined;
  /** Only with TLS. */
  readonly #security: MemberStreams | undefined;
  readonly #proved: (call: Call) => void;
  readonly #dials = new Set<Cancel>();
  /** Streams that leaders have opened to this node. */
  readonly #accepted = new Set<Link<FollowerMessage>>();
  #opened: Opened | undefined;

  constructor(options: {
    nodes: readonly MemberAddress[];
    log: Log;
    limits?: OutboxLimits;
    security?: MemberStreams | undefined;
    handshake?: Handshake;
    /** Called once a stream is known to be of a member, by its certificate or by the secret. */
    proved?: (call: Call) => void;
  }) {
    this.#members = new Map(options.nodes.map((member) => [member.id, member]));
    this.#security = options.security;
    const ids = options.nodes.map(({ id }) => id);
    this.#known = ids.length === 0 ? undefined : new Set(ids);
    this.#log = options.log;
    const { log, handshake = new Handshake({ id: "", secrets: [], log }) } = options;
    this.#handshake = handshake;
    this.#proved = options.proved ?? (() => {});
    this.#malformed = new MalformedLog(options.log);
    this.#limits = options.limits;
  }

  /** Keeps one stream to the member until the returned function is called. Throws if NODES lacks it. */
  dial(to: NodeId, opened: DialOpened): Cancel {
    const member = this.#members.get(to);
    if (member === undefined) throw new Error(`NODES has no member called ${to}`);
    const address = hostAndPort(member.host, member.grpcPort);
    const malformed = (peer: string, reason: string) =>
      this.#malformed.warn(`${to} at ${peer}`, reason);
    const known: Known = this.#known;
    const rest = { known, malformed, log: this.#log, limits: this.#limits };
    const handshake = () => this.#handshake.dial(to);
    const hangUp = dial({ address, handshake, ...rest, ...this.#asMember(member, opened) });
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
  accept(call: Call): void {
    if (this.#opened === undefined) {
      refuse(call, notNow);
      return;
    }
    const caller = this.#security?.callerOf(call);
    if (caller !== undefined && "fault" in caller)
      refuse(call, `refused as a member: ${caller.fault}`, status.PERMISSION_DENIED);
    else this.#handshake.accept(call, (isOpen) => this.#verified(call, caller?.member, isOpen));
  }

  /**
   * The dialer has proved that it knows the secret, if there is one. `member`: whom its certificate names, with TLS.
   * `isOpen`: the headers have been sent, with this node's own proof.
   */
  #verified(call: Call, member: NodeId | undefined, isOpen: boolean): void {
    const opened = this.#opened;
    if (opened === undefined) {
      refuse(call, notNow);
      return;
    }
    if (member !== undefined || isOpen) this.#proved(call);
    const caught = member === undefined ? opened : this.#asCaller(call, member, opened);
    const malformed = (peer: string, reason: string) => this.#malformed.warn(peer, reason);
    const rest = { known: this.#known, malformed, limits: this.#limits, isOpen };
    const link = accept(call, { opened: caught, ...rest });
    this.#accepted.add(link);
    call.once("cancelled", () => this.#accepted.delete(link));
  }

  #asCaller(call: { getPeer(): string }, id: NodeId, opened: Opened): Opened {
    const peer = call.getPeer();
    const lied = (named: NodeId) =>
      this.#security?.refused(peer, `it is ${id}, but its message names ${named}`);
    return asLeader({ id, lied })(opened);
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
