/**
 * CLUSTER_SECRET on replication streams. Each end proves that it knows the secret before the other one trusts it:
 *
 *   dialer    metadata: its id and a nonce
 *   acceptor  headers: its own nonce, and a proof over both nonces and both ids
 *   dialer    first message: a proof of the same kind, once it has checked the one before
 *
 * Nothing of the stream reaches the rules before that. Without the secret, streams open as they always did.
 */
import { Metadata, type ServerDuplexStream, status } from "@grpc/grpc-js";
import { idSyntax } from "../config/ids.ts";
import { PacedLog } from "../node/paced-log.ts";
import type { Log } from "../node/ports.ts";
import type { NodeId } from "../replication/types.ts";
import { ReplicateRequest } from "./generated/quorumkv/v1/replication.ts";
import { type Exchange, isNonce, isProof, newNonce, proofOf } from "./secret.ts";

type Call = ServerDuplexStream<Buffer, Buffer>;

const fromName = "kv-from";
const nonceName = "kv-nonce";
const proofName = "kv-proof-bin";
/** Milliseconds for the dialer's proof to come. */
const proofMsMax = 2_000;
/** Bytes of a message that may be a proof, several times what one takes: a stranger's long one is not even decoded. */
const helloBytesMax = 256;
/** Characters of what the other end says. */
const saidMax = 200;

const hereOnly =
  "CLUSTER_SECRET is set on this node and not on that one; set the same on all nodes";
const thereOnly =
  "CLUSTER_SECRET is set on that node and not on this one; set the same on all nodes";
const different = "its CLUSTER_SECRET is not the one of this node; set the same on all nodes";

/** One attempt to open a stream, as its dialer sees it. */
export interface DialledHandshake {
  readonly metadata: Metadata;
  /** The acceptor's headers are here. `hello` is to be sent; without trust, nothing else is. */
  answered(headers: Metadata): { readonly hello: Buffer | undefined; readonly isTrusted: boolean };
  /** The call has ended with this status. */
  ended(code: status, details: string): void;
}

/** What one node knows of the secret. */
export class Handshake {
  readonly #id: NodeId;
  /** The first one proves, all are believed; none: streams are not secured. */
  readonly #secrets: readonly string[];
  /** Why streams were refused: a line for each peer and reason, not for each attempt. */
  readonly #refusals: PacedLog;

  constructor(options: { id: NodeId; secrets: readonly string[]; log: Log }) {
    this.#id = options.id;
    this.#secrets = options.secrets;
    this.#refusals = new PacedLog(options.log, () => performance.now());
  }

  dial(to: NodeId): DialledHandshake {
    const [secret] = this.#secrets;
    const dialerNonce = newNonce();
    const metadata = new Metadata();
    metadata.set(fromName, this.#id);
    if (secret !== undefined) metadata.set(nonceName, dialerNonce);
    let isRefused = false;
    return {
      metadata,
      answered: (headers) => {
        if (secret === undefined) return { hello: undefined, isTrusted: true };
        const acceptorNonce = textOf(headers, nonceName);
        const exchange = { from: this.#id, to, dialerNonce, acceptorNonce };
        const reason = this.#faultOf(headers, exchange);
        if (reason !== undefined) {
          isRefused = true;
          this.#refused(to, reason);
          return { hello: helloOf(noProof), isTrusted: false };
        }
        this.#refusals.forget(`${to}: `);
        return { hello: helloOf(proofOf(secret, "dial", exchange)), isTrusted: true };
      },
      ended: (code, details) => {
        if (code === status.UNAUTHENTICATED && !isRefused)
          this.#refused(to, `it says: ${details.slice(0, saidMax)}`);
      },
    };
  }

  #faultOf(headers: Metadata, exchange: Exchange): string | undefined {
    const [proof] = headers.get(proofName);
    if (!isNonce(exchange.acceptorNonce) || !(proof instanceof Buffer)) return hereOnly;
    const by = { side: "accept", exchange } as const;
    return isProof(proof, this.#secrets, by) ? undefined : different;
  }

  /** Calls `verified` once the dialer has proved itself; `isOpen`: the headers have been sent. */
  accept(call: Call, verified: (isOpen: boolean) => void): void {
    const [secret] = this.#secrets;
    const from = textOf(call.metadata, fromName);
    const dialerNonce = textOf(call.metadata, nonceName);
    const peer = idSyntax.test(from) ? `${from} at ${call.getPeer()}` : call.getPeer();
    if (secret === undefined) {
      if (dialerNonce === "") verified(false);
      else
        this.#refuse(call, {
          peer,
          reason: thereOnly,
          said: `CLUSTER_SECRET is not set on ${this.#id}`,
        });
      return;
    }
    if (!isNonce(dialerNonce) || !idSyntax.test(from)) {
      this.#refuse(call, { peer, reason: hereOnly, said: `CLUSTER_SECRET is set on ${this.#id}` });
      return;
    }
    const exchange = { from, to: this.#id, dialerNonce, acceptorNonce: newNonce() };
    const headers = new Metadata();
    headers.set(nonceName, exchange.acceptorNonce);
    headers.set(proofName, proofOf(secret, "accept", exchange));
    this.#awaitProof(call, { peer: from, exchange }, () => {
      this.#refusals.forget(`${from}: `);
      verified(true);
    });
    call.sendMetadata(headers);
  }

  #awaitProof(
    call: Call,
    { peer, exchange }: { peer: string; exchange: Exchange },
    verified: () => void,
  ): void {
    const late = setTimeout(() => {
      call.removeAllListeners("data");
      this.#refuse(call, {
        peer,
        reason: `no proof of CLUSTER_SECRET came within ${proofMsMax} ms`,
        said: `no proof of CLUSTER_SECRET came to ${this.#id} within ${proofMsMax} ms`,
      });
    }, proofMsMax);
    // A stream that breaks off says nothing of the secret: a dialer that distrusts this node says so.
    call.once("cancelled", () => clearTimeout(late));
    call.once("data", (bytes: Buffer) => {
      clearTimeout(late);
      const by = { side: "dial", exchange } as const;
      if (isProof(proofIn(bytes), this.#secrets, by)) verified();
      else {
        const said = `the CLUSTER_SECRET is not that of ${this.#id}`;
        this.#refuse(call, { peer, reason: different, said });
      }
    });
  }

  #refuse(call: Call, why: { peer: string; reason: string; said: string }): void {
    this.#refused(why.peer, why.reason);
    call.emit("error", { code: status.UNAUTHENTICATED, details: why.said });
  }

  #refused(peer: string, reason: string): void {
    // The port of a dialler is another one each time.
    const name = peer.replace(/:\d+$/, "");
    const said = `${name}: replication stream refused (${reason}); retrying`;
    this.#refusals.warn(`${name}: ${reason}`, { peer, reason }, said);
  }
}

function textOf(metadata: Metadata, name: string): string {
  const [value] = metadata.get(name);
  return typeof value === "string" ? value : "";
}

/** What a dialer sends that does not trust the acceptor, so that both ends know why the stream ends. */
const noProof = Buffer.alloc(0);

const helloOf = (proof: Buffer): Buffer => {
  const message = { $case: "hello", value: { proof } } as const;
  return Buffer.from(ReplicateRequest.encode({ message }).finish());
};

/** Empty: the message is no hello. */
function proofIn(bytes: Buffer): Uint8Array {
  if (bytes.length > helloBytesMax) return new Uint8Array();
  try {
    const { message } = ReplicateRequest.decode(bytes);
    return message?.$case === "hello" ? message.value.proof : new Uint8Array();
  } catch {
    return new Uint8Array();
  }
}
