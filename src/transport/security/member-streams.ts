/** Replication streams with TLS: only members open them, only to members, and each as itself. */
import { X509Certificate } from "node:crypto";
import { ChannelCredentials, type ChannelOptions, type ServerDuplexStream } from "@grpc/grpc-js";
import type { Log } from "../../node/ports.ts";
import type { NodeId } from "../../replication/types.ts";
import type { Credentials } from "../../tls/credentials.ts";
import { judge, notThisMember, type Verdict } from "../../tls/judge.ts";
import { memberServerName } from "../../tls/member-name.ts";
import { RepeatedWarnings } from "../../tls/repeated-warnings.ts";
import type { SecurePort } from "../../tls/secure-port.ts";
import { speaksTls } from "../../tls/speaks-tls.ts";

/** Whom to dial. */
export interface Dialed {
  readonly id: NodeId;
  readonly host: string;
  readonly port: number;
}

/** How to dial: for one attempt, because certificates are replaced meanwhile. */
export interface Secured {
  readonly credentials: ChannelCredentials;
  readonly options: ChannelOptions;
}

/** Calls of both ends. */
export class MemberStreams {
  readonly #credentials: Credentials;
  readonly #members: readonly NodeId[];
  readonly #warnings: RepeatedWarnings;
  /** The port that accepts streams; undefined until it is open. */
  connections: SecurePort | undefined;

  constructor(options: {
    readonly credentials: Credentials;
    readonly members: readonly NodeId[];
    readonly log: Log;
  }) {
    this.#credentials = options.credentials;
    this.#members = options.members;
    this.#warnings = new RepeatedWarnings(options.log);
  }

  /**
   * Who opened the stream; undefined for plaintext, where that is permitted. A fault is also logged.
   */
  callerOf(call: Pick<ServerDuplexStream<unknown, unknown>, "getAuthContext" | "getPeer">) {
    const verdict = this.#judge(call);
    if (verdict !== undefined && "fault" in verdict) this.refused(call.getPeer(), verdict.fault);
    return verdict;
  }

  /** Logs that this node has refused a stream or a message of the peer. */
  refused(peer: string, reason: string): void {
    this.#warnings.warn(
      { peer, reason },
      "replication stream refused: the peer is not the member it should be",
    );
  }

  /** Calls `open` with how to dial the member this time. */
  prepare(to: Dialed, open: (secured: Secured) => void): void {
    const { permissive, member } = this.#credentials;
    if (!permissive) {
      open(this.#secured(to.id));
      return;
    }
    const plain = { credentials: ChannelCredentials.createInsecure(), options: {} };
    void speaksTls({ ...to, context: member.context }).then((speaks) =>
      open(speaks ? this.#secured(to.id) : plain),
    );
  }

  /** Logs why a stream to the member could not be opened, if a certificate may be the reason. */
  failed({ id, host, port }: Dialed, details: string): void {
    if (!aboutCertificates.test(details)) return;
    const reason = details
      .replace(/^No connection established\. Last error: (?:Error: )?/, "")
      .replace(/(?: \([^()]*Z\))?\. Resolution note: $/, "");
    this.#warnings.warn(
      { member: id, address: `${host}:${port}`, reason },
      "replication stream could not be opened: one of the two sides does not accept the other",
    );
  }

  #secured(id: NodeId): Secured {
    return {
      credentials: ChannelCredentials.createFromSecureContext(this.#credentials.member.context, {
        checkServerIdentity: (_host, { subjectaltname }) => notThisMember(id, subjectaltname),
      }),
      options: { "grpc.ssl_target_name_override": memberServerName },
    };
  }

  #judge(call: Pick<ServerDuplexStream<unknown, unknown>, "getAuthContext" | "getPeer">) {
    const { sslPeerCertificate } = call.getAuthContext();
    if (sslPeerCertificate !== undefined) {
      const { issuers } = this.#credentials.member;
      const certificate = new X509Certificate(sslPeerCertificate.raw);
      return judge(certificate, { issuers, members: this.#members });
    }
    const fault = this.connections?.faultOf(call.getPeer());
    if (fault === undefined && this.#credentials.permissive) return undefined;
    return { fault: fault ?? "it speaks plaintext" } satisfies Verdict;
  }
}

const aboutCertificates = /certificate|self-signed|SSL|TLS|issuer|refused as a member/i;
