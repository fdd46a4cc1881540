/** The leader's end of replication streams: opens one to a follower, and opens it again when it breaks. */
import { ChannelCredentials, Client, type ServiceError } from "@grpc/grpc-js";
import type { Cancel, Link, LinkEvents, Log } from "../node/ports.ts";
import type { FollowerMessage, LeaderMessage } from "../replication/types.ts";
import { channelOptions } from "./channel-options.ts";
import type { Known } from "./codec/believed.ts";
import { decodeFollowerMessage, encodeLeaderMessage } from "./codec.ts";
import { ReplicationServiceService } from "./generated/quorumkv/v1/replication.ts";
import type { DialledHandshake } from "./handshake.ts";
import type { OutboxLimits } from "./outbox.ts";
import type { Secured } from "./security/member-streams.ts";
import { StreamLink } from "./stream-link.ts";

type LeaderLink = StreamLink<FollowerMessage, LeaderMessage>;

/** Which follower to dial, and what to do with each stream that opens. */
interface DialOptions {
  /** `host:port` */
  readonly address: string;
  readonly opened: (link: Link<LeaderMessage>) => LinkEvents<FollowerMessage>;
  /** For one attempt: both ends prove that they know the secret, if there is one. */
  readonly handshake: () => DialledHandshake;
  /** The members of NODES; undefined: any id will do. */
  readonly known: Known;
  readonly malformed: (peer: string, reason: string) => void;
  readonly log: Log;
  readonly limits?: OutboxLimits | undefined;
  /** Only with TLS. */
  readonly security?: DialSecurity | undefined;
}

/** How a stream to one member is opened with TLS. */
interface DialSecurity {
  /** Calls `open` with how to dial this time, at once or later. */
  prepare(open: (secured: Secured) => void): void;
  /** A stream could not be opened, or was ended by the other side. */
  failed(details: string): void;
}

/** Milliseconds between two attempts: doubled after each failure, with jitter. */
const backoffMinMs = 50;
const backoffMaxMs = 1000;
/** Milliseconds for a stream to open; a frozen follower accepts a connection but opens no stream. */
const openTimeoutMs = 2000;
/** After a stream that lasted so many milliseconds, back-off starts again from its minimum. */
const steadyMs = 1000;

const plaintext: Secured = { credentials: ChannelCredentials.createInsecure(), options: {} };

/** Keeps one stream to a follower until cancelled; each stream that opens is one link. */
export function dial(options: DialOptions): Cancel {
  const dialer = new Dialer(options);
  dialer.attempt();
  return () => dialer.cancel();
}

/**
 * The attempts to reach one follower. Each attempt has a channel of its own, so that what the library
 * remembers of a dead address (back-off, name resolution) cannot delay the next attempt.
 */
class Dialer {
  readonly #options: DialOptions;
  /** Attempts since the last steady stream. */
  #attempts = 0;
  #cancelled = false;
  #retry: NodeJS.Timeout | undefined;
  /** Ends the present attempt or link. */
  #hangUp: () => void = () => {};

  constructor(options: DialOptions) {
    this.#options = options;
  }

  cancel(): void {
    this.#cancelled = true;
    clearTimeout(this.#retry);
    this.#hangUp();
  }

  attempt(): void {
    const { security } = this.#options;
    if (security === undefined) this.#open(plaintext);
    else
      security.prepare((secured) => {
        if (!this.#cancelled) this.#open(secured);
      });
  }

  #open({ credentials, options }: Secured): void {
    const { address, log, security } = this.#options;
    const handshake = this.#options.handshake();
    const client = new Client(address, credentials, { ...channelOptions, ...options });
    const call = client.makeBidiStreamRequest(
      ReplicationServiceService.replicate.path,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      handshake.metadata,
    );
    let link: LeaderLink | undefined;
    let openedAt = 0;
    const timeout = setTimeout(() => call.cancel(), openTimeoutMs);
    this.#hangUp = () => (link === undefined ? call.cancel() : link.close());

    call.once("metadata", (headers) => {
      if (this.#cancelled) return;
      const { hello, isTrusted } = handshake.answered(headers);
      if (hello !== undefined) call.write(hello);
      // Whoever is not trusted ends the stream; else its time does.
      if (!isTrusted) return;
      clearTimeout(timeout);
      openedAt = performance.now();
      const { opened, known, malformed, limits } = this.#options;
      link = new StreamLink({
        // A leader closes a stream that it has given up: it is broken off, so as to dial again at once.
        stream: {
          write: (bytes, written) => call.write(bytes, written),
          abort: () => call.cancel(),
        },
        encode: encodeLeaderMessage,
        decode: (bytes) => decodeFollowerMessage(bytes, known),
        malformed: (reason) => malformed(address, reason),
        limits,
      });
      log.debug({ address }, "replication stream to follower opened");
      link.report(opened(link));
    });
    call.on("data", (bytes: Buffer) => link?.received(bytes));
    // A status with the same content always follows an error.
    call.on("error", (_: ServiceError) => {});
    call.once("status", ({ code, details }) => {
      clearTimeout(timeout);
      handshake.ended(code, details);
      client.close();
      link?.ended(details);
      security?.failed(details);
      const steady = link !== undefined && performance.now() - openedAt >= steadyMs;
      const retryInMs = this.#again(steady);
      const what = link === undefined ? "could not be opened" : "closed";
      const next = retryInMs === undefined ? "no longer needed" : `retrying in ${retryInMs} ms`;
      log.debug({ address, reason: details }, `replication stream to follower ${what}; ${next}`);
    });
  }

  /** Schedules the next attempt and returns the wait for it in milliseconds, unless cancelled. */
  #again(steady: boolean): number | undefined {
    if (this.#cancelled) return undefined;
    this.#attempts = steady ? 1 : this.#attempts + 1;
    const longest = Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(this.#attempts - 1, 10));
    // Jitter keeps the dials to several followers from falling into step.
    const waitMs = Math.round(longest * (0.5 + Math.random() / 2));
    this.#retry = setTimeout(() => this.attempt(), waitMs);
    return waitMs;
  }
}
