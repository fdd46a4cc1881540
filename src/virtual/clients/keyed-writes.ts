/** Writes with an idempotency key, which clients send again: each may take effect once. */
import type { Result } from "../../errors.ts";
import type { WriteReceipt, WriteRequest } from "../../node/api.ts";
import { recordKeyOf } from "../../replication/hidden-keys.ts";
import type { Sequence } from "../../replication/types.ts";
import {
  type Attempt,
  type AttemptOutcome,
  answersOf,
  callsOf,
} from "../linearizability/attempts.ts";
import type { VirtualCluster } from "../world/cluster.ts";
import { contentOf } from "../world/history.ts";
import { Violation } from "../world/violation.ts";
import type { Calls } from "./calls.ts";
import type { KeyViews } from "./key-views.ts";

interface Sent {
  readonly invokedAt: number;
  returnedAt?: number;
  result?: Result<WriteReceipt>;
  /** How often losses had been admitted by then. */
  admitted?: number;
}

interface Keyed {
  readonly key: string;
  readonly request: WriteRequest;
  readonly attempts: Sent[];
}

/** Clocks of nodes differ by up to 5 %, either way. */
const shareMin = 0.9;

export class KeyedWrites {
  readonly #cluster: VirtualCluster;
  /** By key and what was asked. */
  readonly #writes = new Map<string, Keyed>();
  /** When each record was first asked for, by its hidden key. */
  readonly #asked = new Map<string, number>();
  /** How often each record was written: again only after it was forgotten. */
  readonly #applied = new Map<string, number>();
  #keys = 0;

  constructor(cluster: VirtualCluster) {
    this.#cluster = cluster;
    cluster.history.hiddenApplied = ({ key, value }) => {
      if (value === undefined) this.#forgotten(key);
      else this.#applied.set(key, (this.#applied.get(key) ?? 0) + 1);
    };
  }

  /** A key that was not used yet. */
  newKey(): { readonly key: string; readonly request: string } {
    this.#keys += 1;
    return { key: `once-${this.#keys}`, request: `request ${this.#keys}` };
  }

  /** One that was used before, for something else perhaps. */
  send(request: WriteRequest): { told: (result: Result<WriteReceipt>) => void } {
    const { time, coverage, history } = this.#cluster;
    const { key = "", request: asked = "" } = request.idempotency ?? {};
    const hidden = recordKeyOf(key);
    if (!this.#asked.has(hidden)) this.#asked.set(hidden, time.now());
    const name = `${key} ${asked}`;
    const keyed = this.#writes.get(name) ?? { key, request, attempts: [] };
    this.#writes.set(name, keyed);
    const attempt: Sent = { invokedAt: time.now() };
    keyed.attempts.push(attempt);
    return {
      told: (result) => {
        Object.assign(attempt, { returnedAt: time.now(), result, admitted: history.admitted });
        if (result.ok && result.value.repeated === true) coverage.met("repeat answered as before");
        if (result.ok) this.#mustBeOwn(keyed, result.value.version);
        else if (result.failure.code === "IDEMPOTENCY_KEY_REUSED") this.#mustBeReused(keyed);
        else if (result.failure.code === "VERSION_MISMATCH" && !hasConditions(request))
          throw new Violation(`${key} has no condition, and was refused for one`);
      },
    };
  }

  /** The version that it was answered with is that of this write. */
  #mustBeOwn({ key, request }: Keyed, version: Sequence): void {
    const operations = this.#cluster.history.operations(version);
    const own = request.operations.filter(({ isCheck }) => isCheck !== true);
    if (operations !== undefined && contentOf(operations) !== contentOf(own))
      throw new Violation(`${key} was answered with entry ${version} ${contentOf(operations)}`);
  }

  #mustBeReused({ key, request }: Keyed): void {
    this.#cluster.coverage.met("idempotency key of another write refused");
    for (const other of this.#writes.values())
      if (other.key === key && other.request !== request) return;
    throw new Violation(`${key} was refused, although no other write had it`);
  }

  #forgotten(hidden: string): void {
    const { time, settings, coverage } = this.#cluster;
    const { idempotencySeconds = 600, idempotencyKeys = 100_000 } = settings;
    coverage.met("idempotency key forgotten");
    if (this.#asked.size > idempotencyKeys) return;
    const keptMs = time.now() - (this.#asked.get(hidden) ?? 0);
    if (keptMs < shareMin * 1_000 * idempotencySeconds)
      throw new Violation(`${hidden} was forgotten after ${keptMs} ms`);
  }

  /** What all attempts together say, for the checkers. */
  finish(calls: Calls, views: KeyViews): void {
    const { admitted } = this.#cluster.history;
    for (const { key, request, attempts: sent } of this.#writes.values()) {
      const attempts = sent.map((each): Attempt => ({ ...each, outcome: outcomeOf(each.result) }));
      const answers = answersOf(attempts);
      const isKept = sent.every((each) => each.result?.ok !== true || each.admitted === admitted);
      const [only] = answers;
      if (only !== undefined && answers.length === 1 && isKept) {
        views.wrote(request, only.version, only);
      }
      const applied = this.#applied.get(recordKeyOf(key)) ?? 0;
      for (const call of callsOf(request.operations, attempts, applied)) calls.note(call);
    }
  }
}

const hasConditions = ({ operations }: WriteRequest): boolean =>
  operations.some(({ ifVersion }) => ifVersion !== undefined);

function outcomeOf(result: Result<WriteReceipt> | undefined): AttemptOutcome {
  if (result === undefined) return { type: "unknown" };
  if (result.ok) return { type: "ok", version: result.value.version };
  const { code, members = {} } = result.failure;
  if (code === "OUTCOME_UNKNOWN") return { type: "unknown" };
  const { index = 0, version } = members as { index?: number; version?: Sequence };
  return code === "VERSION_MISMATCH" ? { type: "mismatch", index, version } : { type: "refused" };
}
