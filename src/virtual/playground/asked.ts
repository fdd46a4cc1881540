/** The calls of a recording, in plain words. */
import type { KeyPage, KeysView, KeyValue, WriteReceipt } from "../../node/api.ts";
import type { NodeId } from "../../replication/types.ts";
import { describeAnswer, describeRead, describeView } from "../stage/stage-words.ts";
import type { ClientAnswer, ClientCall } from "../world/watched.ts";
import type { Call } from "./moments.ts";

type Draft = { -readonly [Name in keyof Call]: Call[Name] };

export class Asked {
  readonly #calls: Draft[] = [];
  /** What writers were told, by the version of their entry. */
  readonly #versions = new Map<number, number[]>();

  get calls(): readonly Call[] {
    return this.#calls;
  }

  /** The call, and what is called with its answer. */
  called(node: NodeId, call: ClientCall, at: number): Draft {
    const draft: Draft = {
      id: this.#calls.length + 1,
      node,
      text: textOf(call),
      keys: keysOf(call),
      calledAt: at,
      answeredAt: undefined,
      outcome: undefined,
    };
    this.#calls.push(draft);
    return draft;
  }

  answered(draft: Draft, call: ClientCall, { at, answer }: { at: number; answer: ClientAnswer }) {
    draft.answeredAt = at;
    draft.outcome = outcomeOf(call, answer);
    if (!answer.ok || !("version" in answer.value)) return;
    const { version } = answer.value;
    const known = this.#versions.get(version) ?? [];
    this.#versions.set(version, [...known, draft.id]);
  }

  /** The calls that were told of this entry. */
  ofVersion(version: number): readonly number[] {
    return this.#versions.get(version) ?? [];
  }
}

const keysOf = (call: ClientCall): readonly string[] => {
  if (call.type === "write") return call.request.operations.map(({ key }) => key);
  return call.type === "read" ? call.keys : [];
};

function textOf(call: ClientCall): string {
  if (call.type === "list") return `list ${call.prefix}`.trimEnd();
  if (call.type === "read") return `read ${call.keys.join(", ")}`;
  const { operations, quorum } = call.request;
  const deeds = operations.map(({ key, value, ifVersion, isCheck }) => {
    const condition = ifVersion === undefined ? "" : ` if ${key} is at ${ifVersion}`;
    if (isCheck === true) return condition.trim();
    return `${value === undefined ? `${key} deleted` : `${key}=${value}`}${condition}`;
  });
  return `${deeds.join(", ")}${quorum === undefined ? "" : `, quorum ${quorum}`}`;
}

function outcomeOf(call: ClientCall, answer: ClientAnswer): string {
  if (!answer.ok) return `${answer.failure.code}: ${answer.failure.detail}`;
  const { value } = answer;
  if (call.type === "write") return describeAnswer({ ok: true, value: value as WriteReceipt });
  if (call.type === "list") return `${(value as KeyPage).entries.length} keys`;
  if ("entries" in value) return describeView(call.keys, { ok: true, value: value as KeysView });
  return describeRead({ ok: true, value: value as KeyValue });
}
