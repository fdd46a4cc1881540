/** /read, /write and /watch. */
import { z } from "zod";
import { value } from "../shapes/fields.ts";
import { batchReceipt, entry, page, put, receipt, removed, view } from "../shapes/keys.ts";
import { problemsOf } from "../shapes/problems.ts";
import { type CallDoc, leaderRefusals } from "../terms/call-doc.ts";
import { readQueryDoc, watchQueryDoc } from "../terms/parameters.ts";

export const readKeysDoc: CallDoc = {
  id: "readKeys",
  tag: "Reads",
  summary: "Read one key, or a page of keys",
  description:
    "With `key` the answer is one key. Without it, it is a page of keys in byte order: pass `next` as `after` until it is null.",
  query: readQueryDoc,
  headers: ["If-None-Match", "Accept-Encoding"],
  examples: {
    one: {
      summary: "One key",
      status: 200,
      query: { key: "greeting" },
      answer: { key: "greeting", value: "hello", version: 1 },
    },
    raw: {
      summary: "The bare value",
      status: 200,
      query: { key: "greeting", raw: "true" },
      answer: "hello",
    },
    unchanged: {
      summary: "Only if it has changed",
      status: 304,
      query: { key: "greeting" },
      headers: { "If-None-Match": '"1"' },
    },
    page: {
      summary: "A page of keys",
      status: 200,
      query: { prefix: "city/", limit: "10" },
      answer: {
        entries: [{ key: "city/rome", value: { people: 2.75e6 }, version: 2 }],
        next: null,
        sequence: 2,
      },
    },
    linearizable: {
      summary: "From any node, as new as at the leader",
      status: 200,
      query: { key: "greeting", consistency: "linearizable" },
      answer: { key: "greeting", value: "hello", version: 1 },
    },
    news: {
      summary: "Wait for a change; nothing changes in this time",
      status: 304,
      query: { key: "greeting", after: "1", wait: "10ms" },
    },
    missing: { summary: "A key that is absent", status: 404, query: { key: "nothing" } },
  },
  answers: {
    200: {
      description: "The key, its bare value with `raw`, or the page.",
      shape: z.union([entry, page, value]),
      headers: ["ETag"],
    },
    304: {
      description: "The client has this version already, or `wait` ended without news.",
      headers: ["ETag"],
    },
  },
  refusals: ["KEY_NOT_FOUND", "NO_LEADER", "RECOVERING", "COMPACTED"],
};

export const readManyDoc: CallDoc = {
  id: "readMany",
  tag: "Reads",
  summary: "Read several keys in one view",
  description: "All of them as of one moment: the state right after the entry `sequence`.",
  headers: ["Accept-Encoding"],
  examples: {
    view: {
      summary: "Three keys, one of which is absent",
      status: 200,
      body: { keys: ["greeting", "city/rome", "nothing"] },
      answer: {
        entries: [
          { key: "greeting", value: "hello", version: 1 },
          { key: "city/rome", value: { people: 2.75e6 }, version: 2 },
          null,
        ],
        sequence: 2,
      },
    },
  },
  answers: { 200: { description: "The view.", shape: view } },
  refusals: ["NO_LEADER", "RECOVERING"],
};

const writeRefusals = [
  ...leaderRefusals,
  "VERSION_MISMATCH",
  "IDEMPOTENCY_KEY_REUSED",
  "QUORUM_UNAVAILABLE",
  "RECOVERING",
  "OUTCOME_UNKNOWN",
] as const;
const writeHeaders = ["If-Match", "If-None-Match", "Idempotency-Key", "Prefer"] as const;
const written = ["Idempotency-Replayed", "Preference-Applied"] as const;
const atLeader = "Leader only; `Prefer: forward` or FORWARD_WRITES=1 lets a follower pass it on.";

export const putKeyDoc: CallDoc = {
  id: "putKey",
  tag: "Writes",
  summary: "Put a key",
  description: `The answer comes once the write has settled. ${atLeader}`,
  headers: writeHeaders,
  examples: {
    plain: {
      summary: "A value",
      status: 200,
      body: { key: "greeting", value: "hello" },
      answer: { key: "greeting", version: 1, quorum: 1, acks: ["follower1"], latencyMs: 0.734 },
    },
    traced: {
      summary: "With options, and the times of the acks",
      status: 200,
      body: {
        ...{ key: "city/rome", value: { people: 2.75e6 }, quorum: 1 },
        ...{ timeoutMs: 60_000, trace: true },
      },
      answer: {
        ...{ key: "city/rome", version: 2, quorum: 1, latencyMs: 0.734 },
        acks: [{ node: "follower1", ms: 0.612, delayMs: 0 }],
      },
    },
    once: {
      summary: "May be sent again: it takes effect once",
      status: 200,
      headers: { "Idempotency-Key": "5f0c" },
      body: { key: "orders/17", value: "paid" },
      answer: { key: "orders/17", version: 3, quorum: 1, acks: ["follower1"], latencyMs: 0.734 },
    },
    create: {
      summary: "Only if the key is absent, which it is not",
      status: 412,
      headers: { "If-None-Match": "*" },
      body: { key: "greeting", value: "hallo" },
    },
    stale: {
      summary: "Only if the key has a version that it no longer has",
      status: 409,
      body: { key: "city/rome", value: null, ifVersion: 1 },
    },
  },
  answers: { 200: { description: "The write has settled.", shape: receipt, headers: written } },
  refusals: writeRefusals,
};

export const deleteKeyDoc: CallDoc = {
  id: "deleteKey",
  tag: "Writes",
  summary: "Delete a key",
  description: `The answer comes once the delete has settled. ${atLeader}`,
  headers: writeHeaders,
  examples: {
    plain: {
      summary: "A key",
      status: 200,
      body: { key: "orders/17" },
      answer: { key: "orders/17", version: 5, quorum: 1, acks: ["follower1"], latencyMs: 0.734 },
    },
    missing: { summary: "A key that is absent", status: 404, body: { key: "nothing" } },
  },
  answers: { 200: { description: "The delete has settled.", shape: receipt, headers: written } },
  refusals: ["KEY_NOT_FOUND", ...writeRefusals],
};

export const writeBatchDoc: CallDoc = {
  id: "writeBatch",
  tag: "Writes",
  summary: "Write several keys in one atomic entry",
  description: `Puts and deletes take effect together, and only if every condition holds. A check is a condition without a write; at least one operation must write. ${atLeader}`,
  headers: writeHeaders,
  examples: {
    transaction: {
      summary: "A new key, if another one has not changed",
      status: 200,
      body: {
        operations: [
          { check: { key: "greeting", ifVersion: 1 } },
          { put: { key: "city/oslo", value: 1.1, ifVersion: 0 } },
        ],
      },
      answer: { version: 4, quorum: 1, acks: ["follower1"], latencyMs: 0.734 },
    },
    refused: {
      summary: "A condition that does not hold",
      status: 409,
      body: {
        operations: [
          { put: { key: "city/bonn", value: 0.33 } },
          { check: { key: "greeting", ifVersion: 7 } },
        ],
      },
    },
  },
  answers: {
    200: { description: "The batch has settled.", shape: batchReceipt, headers: written },
  },
  refusals: ["KEY_NOT_FOUND", ...writeRefusals],
};

/** Why a stream ends that was open. */
const lost = z
  .union(problemsOf(["COMPACTED", "RECOVERING", "SHUTTING_DOWN", "NO_LEADER", "UNAUTHENTICATED"]))
  .meta({ id: "FailedEvent", description: "The stream ends, and this is why." });

export const watchDoc: CallDoc = {
  id: "watch",
  tag: "Streams",
  summary: "Follow every applied operation",
  description:
    "In sequence order, one event for each put and delete. `id:` is the sequence up to which the client has everything: of the operations of one entry only the last carries it.",
  query: watchQueryDoc,
  headers: ["Last-Event-ID"],
  examples: {
    start: {
      summary: "From the start, under a prefix",
      status: 200,
      query: { prefix: "city/", after: "0" },
    },
    resumed: {
      summary: "Where a former stream ended",
      status: 200,
      headers: { "Last-Event-ID": "1" },
    },
  },
  answers: {
    200: {
      description: "A stream that lasts until one side ends it.",
      contentType: "text/event-stream; charset=utf-8",
      events: { put, delete: removed, failed: lost },
      headers: ["X-Accel-Buffering"],
    },
  },
  refusals: ["COMPACTED", "RECOVERING", "NO_LEADER"],
};
