/** Proofs that one end of a replication stream gives to the other: it knows CLUSTER_SECRET, which is never sent. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { NodeId } from "../replication/types.ts";

/** What both ends know of one attempt to open a stream. Nonces are never used twice, so neither are proofs. */
export interface Exchange {
  /** Who dials, and who is dialled. */
  readonly from: NodeId;
  readonly to: NodeId;
  readonly dialerNonce: string;
  readonly acceptorNonce: string;
}

/** Whose proof it is: one end cannot send the other end's back. */
type Side = "accept" | "dial";

export const newNonce = (): string => randomBytes(32).toString("hex");

export const isNonce = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

export function proofOf(secret: string, side: Side, exchange: Exchange): Buffer {
  const { from, to, dialerNonce, acceptorNonce } = exchange;
  // Neither ids nor nonces hold a line break.
  const text = ["quorum-kv replicate", side, from, to, dialerNonce, acceptorNonce].join("\n");
  return createHmac("sha256", secret).update(text).digest();
}

/** Any of the secrets will do: while they are replaced, nodes have two. */
export function isProof(
  proof: Uint8Array,
  secrets: readonly string[],
  by: { readonly side: Side; readonly exchange: Exchange },
): boolean {
  const matches = secrets.map((secret) => {
    const expected = proofOf(secret, by.side, by.exchange);
    return proof.length === expected.length && timingSafeEqual(expected, proof);
  });
  return matches.includes(true);
}
