/** The outcome of one write: a sample, a refusal, or unknown. A refusal is never guessed. */
import { z } from "zod";
import { type Receipt, receiptSchema } from "../http/answers.ts";
import { rounded } from "../numbers.ts";
import type { Failure, Sample } from "../results/schema.ts";

/** A write that left. */
export interface Sent {
  readonly client: number;
  /** Below 0: a warm-up write. */
  readonly write: number;
  readonly key: string;
  readonly startedAtMs: number;
}

/** What came back for it: an answer, or the reason why none came. */
export interface Answer {
  readonly sent: Sent;
  readonly latencyMs: number | null;
  readonly status: number | null;
  readonly body?: string;
  readonly code?: string;
  readonly detail?: string;
}

/** A node's own refusal; what an intermediary answers has no such type. */
const problem = z.looseObject({
  type: z.string().startsWith("urn:quorumkv:problem:"),
  code: z.string(),
  detail: z.string(),
});

/** Undefined when the answer is not a success with a trace. */
export function sampleOf({ sent, latencyMs, status, body }: Answer): Sample | undefined {
  const receipt = status === 200 ? parsed(receiptSchema, body) : undefined;
  if (receipt === undefined || latencyMs === null) return undefined;
  return {
    ...startOf(sent),
    latencyMs: rounded(latencyMs),
    settleMs: rounded(receipt.latencyMs),
    version: receipt.version,
    acks: receipt.acks.map(roundedAck),
  };
}

/**
 * A write without success. Without a node's own refusal its outcome is unknown: it may have
 * been stored.
 */
export function failureOf({ sent, latencyMs, status, body, ...why }: Answer): Failure {
  const said = parsed(problem, body);
  const code = why.code ?? said?.code ?? "INTERNAL";
  return {
    ...startOf(sent),
    latencyMs: latencyMs === null ? null : rounded(latencyMs),
    outcome: isRefusal(said?.code) ? "refused" : "unknown",
    status,
    code,
    detail: why.detail ?? said?.detail ?? "an answer without a problem document",
  };
}

/** Only a node's own code promises that nothing was written, and not every code; no HTTP status does. */
const isRefusal = (code: string | undefined): boolean =>
  code !== undefined && code !== "OUTCOME_UNKNOWN" && code !== "INTERNAL";

const startOf = ({ client, write, key, startedAtMs }: Sent) => ({
  client,
  write,
  key,
  startedAtMs: rounded(startedAtMs),
});

/** Rounded to microseconds, the end of what clocks can say. */
export const roundedAck = ({ node, ms, delayMs }: Receipt["acks"][number]) => ({
  node,
  ms: rounded(ms),
  delayMs: rounded(delayMs),
});

function parsed<T>(schema: z.ZodType<T>, text: string | undefined): T | undefined {
  try {
    const result = schema.safeParse(JSON.parse(text ?? ""));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}
