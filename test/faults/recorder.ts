/** Turns replies into the history that the checker reads, and notes every reply that must not be. */
import { performance } from "node:perf_hooks";
import type { Call } from "../../src/virtual/linearizability/history.ts";
import type { Contact } from "../support/contact.ts";
import type { Question, Reply } from "../support/http-client.ts";

export interface Counts {
  ok: number;
  /** Those of the ok ones that are writes. */
  acknowledged: number;
  /** 404 and 409: answers that changed nothing. */
  declined: number;
  /** 503: refused, nothing was written. */
  refused: number;
  unknown: number;
  unreachable: number;
  lists: number;
  /** Linearizable reads of a key that any node answered. */
  anywhere: number;
  /** Reads that a node answered as a follower: possibly old, and no part of the history. */
  elsewhere: number;
}

type Intent = Pick<Call, "client" | "kind" | "key" | "value" | "ifVersion">;

/** Codes that promise that nothing was written. */
const REFUSALS = ["QUORUM_UNAVAILABLE", "OVERLOADED", "RECOVERING", "SHUTTING_DOWN"];
/** The same where any node may lead. */
const REFUSALS_WITH_ELECTIONS = [...REFUSALS, "NOT_LEADER", "NO_LEADER"];

export class Recorder {
  readonly history: Call[] = [];
  /** Replies that the documented table does not allow here. */
  readonly offences: string[] = [];
  readonly counts: Counts = {
    ok: 0,
    acknowledged: 0,
    declined: 0,
    refused: 0,
    unknown: 0,
    unreachable: 0,
    lists: 0,
    anywhere: 0,
    elsewhere: 0,
  };
  readonly #refusals: readonly string[];

  /** `electing`: any node may lead. */
  constructor({ electing }: { readonly electing: boolean }) {
    this.#refusals = electing ? REFUSALS_WITH_ELECTIONS : REFUSALS;
  }

  /** Asks the leader, records what came of it, and returns it; undefined: nothing happened. */
  async perform(contact: Contact, intent: Intent, question: Question): Promise<Call | undefined> {
    const [call] = await this.performAll(contact, [intent], question);
    return call;
  }

  /** The same for a batch, which is one write to several keys. */
  async performAll(
    contact: Contact,
    intents: readonly Intent[],
    question: Question,
  ): Promise<readonly Call[]> {
    const invokedAt = performance.now();
    const { reply, fromLeader } = await contact.ask(question);
    const returnedAt = performance.now();
    if (!fromLeader) {
      this.counts.elsewhere += 1;
      return [];
    }
    const calls = intents.flatMap((intent): Call[] => {
      const outcome = this.#judge(intent, reply);
      if (outcome === undefined) {
        return [];
      }
      const answered = outcome.outcome === "unknown" ? {} : { returnedAt };
      return [{ ...intent, ...outcome, invokedAt, ...answered }];
    });
    this.history.push(...calls);
    return calls;
  }

  /** A list of all keys with a prefix is a read of each of them. */
  async list(
    contact: Contact,
    asked: {
      readonly client: string;
      readonly prefix: string;
      readonly keys: readonly string[];
      readonly consistency?: "linearizable";
      readonly timeoutMs?: number;
    },
  ): Promise<void> {
    const { client, prefix, keys, consistency, timeoutMs = 5000 } = asked;
    const invokedAt = performance.now();
    const explicit = consistency === undefined ? "" : `&consistency=${consistency}`;
    const path = `/read?prefix=${prefix}&limit=1000${explicit}`;
    const { reply, fromLeader } = await contact.ask({ method: "GET", path, timeoutMs });
    const returnedAt = performance.now();
    if (reply.type !== "answer" || reply.status === 503 || !fromLeader) {
      return;
    }
    if (reply.status !== 200) {
      this.offences.push(`list: ${reply.status} ${JSON.stringify(reply.body)}`);
      return;
    }
    const entries = new Map(
      ((reply.body?.["entries"] ?? []) as { key: string; value: unknown; version: number }[]).map(
        (entry) => [entry.key, entry],
      ),
    );
    this.counts.lists += 1;
    for (const key of keys) {
      const entry = entries.get(key);
      const base = { client, kind: "read", key, invokedAt, returnedAt } as const;
      this.history.push(
        entry === undefined
          ? { ...base, outcome: "missing" }
          : { ...base, outcome: "ok", value: JSON.stringify(entry.value), version: entry.version },
      );
    }
  }

  /** Nothing was done, and that may be so here. */
  isRefusal(reply: Reply): boolean {
    if (reply.type !== "answer" || ![421, 503].includes(reply.status)) return false;
    return this.#refusals.includes(String(reply.body?.["code"]));
  }

  #judge(intent: Intent, reply: Reply): Pick<Call, "outcome" | "version" | "value"> | undefined {
    if (reply.type === "unreachable") {
      this.counts.unreachable += 1;
      return undefined;
    }
    if (reply.type === "broken") {
      this.counts.unknown += 1;
      return intent.kind === "read" ? undefined : { outcome: "unknown" };
    }
    const { status, body = {} } = reply;
    const version = typeof body["version"] === "number" ? { version: body["version"] } : {};
    const code = String(body["code"]);
    if (status === 200 && version.version !== undefined) {
      this.counts.ok += 1;
      this.counts.acknowledged += intent.kind === "read" ? 0 : 1;
      const value = intent.kind === "read" ? { value: JSON.stringify(body["value"]) } : {};
      return { outcome: "ok", ...version, ...value };
    }
    if (status === 404 && code === "KEY_NOT_FOUND" && intent.kind !== "put") {
      this.counts.declined += 1;
      return { outcome: "missing" };
    }
    if (status === 409 && code === "VERSION_MISMATCH" && intent.ifVersion !== undefined) {
      this.counts.declined += 1;
      return { outcome: "mismatch", ...version };
    }
    if (this.isRefusal(reply)) {
      this.counts.refused += 1;
      return undefined;
    }
    if (status === 504 && code === "OUTCOME_UNKNOWN" && intent.kind !== "read") {
      this.counts.unknown += 1;
      return { outcome: "unknown", ...version };
    }
    this.offences.push(`${intent.kind} ${intent.key}: ${status} ${JSON.stringify(body)}`);
    return intent.kind === "read" ? undefined : { outcome: "unknown" };
  }
}
