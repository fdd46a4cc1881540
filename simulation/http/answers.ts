/** The parts of a node's answers that the simulation reads. Nodes may say more. */
import { z } from "zod";

const delayRange = z.object({ minDelayMs: z.number(), maxDelayMs: z.number() });

/** Ids are part of the names of files that a run writes. */
const nodeId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);

/** Settings that a running leader takes by `PATCH /config`. Delays are milliseconds. */
export const liveConfigSchema = z.object({
  writeQuorum: z.number().int(),
  minDelay: z.number(),
  maxDelay: z.number(),
  followerDelays: z.record(z.string(), delayRange).default({}),
});
/** Settings in force, or to be put in force. */
export type LiveConfig = z.infer<typeof liveConfigSchema>;

/**
 * The answer of `GET /status`. `digest` is comparable between nodes at equal `applied` only.
 */
export const statusSchema = z.object({
  id: nodeId,
  role: z.enum(["leader", "candidate", "follower"]),
  leader: z.string(),
  epoch: z.number().int(),
  committed: z.number().int(),
  applied: z.number().int(),
  digest: z.string(),
  keys: z.number().int(),
  config: liveConfigSchema.extend({ timeout: z.number() }),
});
/** A node's own view of itself. */
export type Status = z.infer<typeof statusSchema>;

/** The answer of `GET /cluster`: all members as the leader sees them. */
export const clusterSchema = z.object({
  leader: z.string(),
  writeQuorum: z.number().int(),
  nodes: z.array(
    z.object({
      id: nodeId,
      role: z.enum(["leader", "candidate", "follower"]),
      url: z.string(),
      state: z.enum(["live", "syncing", "unreachable", "unknown"]),
    }),
  ),
});

/** As `parseEntry` reads it: the value is JSON text. */
const keyValue = z.object({ key: z.string(), value: z.string(), version: z.number().int() });
export const keyValueSchema = keyValue;

/** What of an entry is enough for who asks how new it is. */
export const keyVersionSchema = z.object({ version: z.number().int() });

/** As `parsePage` reads it. */
export const keyPageSchema = z.object({
  entries: z.array(keyValue),
  next: z.string().nullable(),
  sequence: z.number().int(),
});

const ack = z.object({ node: z.string(), ms: z.number(), delayMs: z.number() });

/** The answer to a write with `"trace": true`. */
export const receiptSchema = z.object({
  version: z.number().int(),
  acks: z.array(ack),
  latencyMs: z.number(),
});
/** What a leader says of a write that succeeded. */
export type Receipt = z.infer<typeof receiptSchema>;

/** Events of `GET /events`. Of more than 100 writes in a second, the later ones have no `write` and no `ack`. */
export const ackEventSchema = ack.extend({ sequence: z.number().int() });
export const writeEventSchema = z.object({ sequence: z.number().int() });
/** Once a second, when it ends; ms of the node's wall clock. */
export const rateEventSchema = z.object({ at: z.number() });
/** The first event; those of before `now` follow it. */
export const helloEventSchema = z.object({ now: z.number() });
