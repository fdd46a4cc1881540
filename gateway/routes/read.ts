/** GET /read: one key, or a page of keys in byte order. */
import { failed, type Result } from "../../src/errors.ts";
import type { KeyPage, KeyValue } from "../../src/node/api.ts";
import {
  checkKey,
  checkKeyPart,
  listLimitDefault,
  listLimitMax,
} from "../../src/request-limits.ts";
import { type Answer, ok, refusal } from "../answers.ts";
import type { Context } from "../context.ts";
import type { Endpoint } from "../endpoint.ts";
import { readQuery, readWhole } from "../requests/query.ts";

type Query = Partial<Record<"key" | "minVersion" | "prefix" | "limit" | "after", string>>;

export const readEndpoint = (context: Context): Endpoint => ({
  path: "/read",
  methods: {
    GET: (request) => {
      const query = readQuery(request.url, ["key", "minVersion", "prefix", "limit", "after"]);
      if (!query.ok) return refusal(query.failure);
      return query.value.key === undefined
        ? listKeys(context, query.value)
        : readKey(context, query.value.key, query.value);
    },
  },
});

const readKey = (context: Context, key: string, query: Query): Answer | Promise<Answer> => {
  if (query.prefix !== undefined || query.limit !== undefined || query.after !== undefined) {
    const detail = "prefix, limit and after belong to a list; they do not go with key.";
    return refusal(failed("INVALID_ARGUMENT", detail).failure);
  }
  const fault = checkKey(key);
  if (fault !== undefined) return refusal(fault);
  const range = { min: 0, max: Number.MAX_SAFE_INTEGER };
  const minVersion = readWhole(query.minVersion, "minVersion", range);
  if (!minVersion.ok) return refusal(minVersion.failure);
  return whenKnown(context.node.read({ key, minVersion: minVersion.value }), keyText);
};

const listKeys = (context: Context, query: Query): Answer | Promise<Answer> => {
  if (query.minVersion !== undefined) {
    const detail = "minVersion goes with key, not with a list.";
    return refusal(failed("INVALID_ARGUMENT", detail).failure);
  }
  const limit = readWhole(query.limit, "limit", { min: 1, max: listLimitMax });
  if (!limit.ok) return refusal(limit.failure);
  const { prefix = "", after } = query;
  const fault = checkKeyPart(prefix, "prefix") ?? checkKeyPart(after ?? "", "after");
  if (fault !== undefined) return refusal(fault);
  const page = context.node.list({ prefix, limit: limit.value ?? listLimitDefault, after });
  return whenKnown(page, pageText);
};

/** Most answers are known at once, and then no promise is made. */
const whenKnown = <T>(
  outcome: Result<T> | Promise<Result<T>>,
  text: (value: T) => string,
): Answer | Promise<Answer> => {
  const answer = (result: Result<T>) =>
    result.ok ? ok(text(result.value)) : refusal(result.failure);
  return outcome instanceof Promise ? outcome.then(answer) : answer(outcome);
};

/** Values are stored as JSON text and go out as they are. */
const keyText = ({ key, value, version }: KeyValue): string =>
  `{"key":${JSON.stringify(key)},"value":${value},"version":${version}}`;

const pageText = ({ entries, next, sequence }: KeyPage): string =>
  `{"entries":[${entries.map(keyText).join(",")}],"next":${JSON.stringify(next)},"sequence":${sequence}}`;
