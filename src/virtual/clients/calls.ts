/** What clients did and were told, as the linearizability checker wants to hear it. */
import type { Result } from "../../errors.ts";
import type { KeyPage, KeyValue, WriteReceipt, WriteRequest } from "../../node/api.ts";
import { check } from "../linearizability/check.ts";
import type { Call } from "../linearizability/history.ts";
import { Violation } from "../world/violation.ts";

/** Calls tried per key before the checker gives up; far more than these short histories need. */
const stepsMax = 300_000;

type Draft = { -readonly [Name in keyof Call]: Call[Name] };

export class Calls {
  readonly #now: () => number;
  readonly #calls: Call[] = [];
  #clients = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get count(): number {
    return this.#calls.length;
  }

  /** A write goes out; its outcome is unknown until `told` hears of it. */
  write(request: WriteRequest): { told: (result: Result<WriteReceipt>) => void } {
    const client = this.#client("writer");
    const invokedAt = this.#now();
    const drafts = request.operations.map(({ key, value, ifVersion }): Draft => {
      const kind = value === undefined ? "delete" : "put";
      return { client, kind, key, value, ifVersion, invokedAt, outcome: "unknown" };
    });
    // A check writes nothing: only a refusal for it says something of its key alone.
    const checks = new Set(drafts.filter((_, at) => request.operations[at]?.isCheck === true));
    this.#calls.push(...drafts.filter((draft) => !checks.has(draft)));
    return { told: (result) => this.#told(drafts, checks, result) };
  }

  #told(drafts: readonly Draft[], checks: ReadonlySet<Draft>, result: Result<WriteReceipt>): void {
    const returnedAt = this.#now();
    if (result.ok) {
      const { version } = result.value;
      for (const draft of drafts) Object.assign(draft, { outcome: "ok", version, returnedAt });
      return;
    }
    const { code, members = {} } = result.failure;
    const version = members["version"];
    if (code === "OUTCOME_UNKNOWN") {
      for (const draft of drafts) Object.assign(draft, { version });
      return;
    }
    // Nothing was written: only the operation that was refused for its key says something.
    const { index } = members as { index?: number };
    const named = drafts.find(({ key }) => key === members["key"]);
    const refused = index !== undefined ? drafts[index] : drafts.length === 1 ? drafts[0] : named;
    for (const draft of drafts)
      if (draft !== refused && !checks.has(draft))
        this.#calls.splice(this.#calls.indexOf(draft), 1);
    if (refused !== undefined && checks.has(refused)) {
      if (code === "VERSION_MISMATCH") this.#calls.push(refused);
      else return;
    }
    if (refused === undefined) return;
    if (code === "VERSION_MISMATCH")
      Object.assign(refused, { outcome: "mismatch", version, returnedAt });
    else if (code === "KEY_NOT_FOUND") Object.assign(refused, { outcome: "missing", returnedAt });
    else this.#calls.splice(this.#calls.indexOf(refused), 1);
  }

  /** What is known in the end of a write that was sent several times. */
  note(call: Omit<Call, "client">): void {
    this.#calls.push({ ...call, client: this.#client("repeater") });
  }

  /** A linearizable read goes out; without an answer, or with a 503, it says nothing. */
  read(key: string): { told: (result: Result<KeyValue>) => void } {
    const client = this.#client("reader");
    const invokedAt = this.#now();
    return {
      told: (result) => {
        const found = result.ok ? result.value : undefined;
        if (found === undefined && !result.ok && result.failure.code !== "KEY_NOT_FOUND") return;
        this.#saw({ client, key, invokedAt, found });
      },
    };
  }

  /** A linearizable list is a read of each key. */
  list(keys: readonly string[]): { told: (result: Result<KeyPage>) => void } {
    const client = this.#client("lister");
    const invokedAt = this.#now();
    return {
      told: (result) => {
        if (!result.ok) return;
        for (const key of keys) {
          const found = result.value.entries.find((entry) => entry.key === key);
          this.#saw({ client, key, invokedAt, found });
        }
      },
    };
  }

  #saw(read: {
    client: string;
    key: string;
    invokedAt: number;
    found: KeyValue | undefined;
  }): void {
    const { client, key, invokedAt, found } = read;
    const base = { client, kind: "read", key, invokedAt, returnedAt: this.#now() } as const;
    if (found === undefined) this.#calls.push({ ...base, outcome: "missing" });
    else {
      const { value, version } = found;
      this.#calls.push({ ...base, outcome: "ok", value, version });
    }
  }

  #client(kind: string): string {
    this.#clients += 1;
    return `${kind}${this.#clients}`;
  }

  /** Throws unless one order of all calls, or of those of one key, explains every answer. */
  mustBeLinearizable(only?: string): void {
    const calls = only === undefined ? this.#calls : this.#calls.filter(({ key }) => key === only);
    const verdict = check(calls, { stepsMax });
    if (verdict.verdict === "violation") {
      const { key, violation } = verdict;
      throw new Violation(`key ${key} is not linearizable\n${violation.text}`, violation.core);
    }
    if (verdict.verdict === "gave up")
      throw new Violation(`the checker gave up on key ${verdict.key} after ${verdict.steps} steps`);
  }
}
