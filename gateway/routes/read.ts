/** GET /read: one key, or a page of keys in byte order. POST /read: several keys in one view. */
import type { Request } from "express";
import { z } from "zod";
import { failureOf, type Result } from "../../src/errors.ts";
import type { KeyPage, KeysView, KeyValue } from "../../src/node/api.ts";
import { type Answer, ok, refusal } from "../answers.ts";
import { type Context, followerIds } from "../context.ts";
import type { Endpoint } from "../endpoint.ts";
import { readBody } from "../requests/body.ts";
import { RequestChecks } from "../requests/client-requests.ts";
import { readFields, restNames, strict } from "../requests/fields.ts";
import { numberIn, readQuery } from "../requests/query.ts";

const parameters = ["key", "minVersion", "prefix", "limit", "after", "consistency"] as const;
type Query = Partial<Record<(typeof parameters)[number], string>>;

const text = z.string({ error: "must be a string" });
const manyBody = z.strictObject(
  {
    keys: z.array(text, { error: "must be a list of strings" }),
    // What is not a number becomes one that no range has: the shared checks then name the range.
    minVersion: z
      .unknown()
      .transform((given) => (typeof given === "number" ? given : Number.NaN))
      .optional(),
    consistency: text.optional(),
  },
  strict,
);

/** Answers one key where the query has `key`, else a list. */
export function readEndpoint(context: Context): Endpoint {
  const checks = new RequestChecks(restNames, followerIds(context.config).length);
  return {
    path: "/read",
    methods: {
      GET: (request) => {
        const query = readQuery(request.url, parameters);
        if (!query.ok) return refusal(query.failure);
        return query.value.key === undefined
          ? listKeys(context, checks, query.value)
          : readKey(context, checks, { ...query.value, key: query.value.key });
      },
      POST: (request) => readMany(context, checks, request),
    },
  };
}

/** Answers one key; the parameters of a list are refused. */
function readKey(
  { node }: Context,
  checks: RequestChecks,
  { key, minVersion, prefix, limit, after, consistency }: Query & { readonly key: string },
): Answer | Promise<Answer> {
  if (prefix !== undefined || limit !== undefined || after !== undefined) {
    const detail = '"prefix", "limit" and "after" belong to a list: they cannot go with "key".';
    return refusal(failureOf("INVALID_ARGUMENT", detail));
  }
  const query = checks.read({ key, minVersion: numberIn(minVersion), consistency });
  return query.ok ? whenKnown(node.read(query.value), keyText) : refusal(query.failure);
}

/** Answers a page of keys; `minVersion` is refused, because it is about one key. */
function listKeys(
  { node }: Context,
  checks: RequestChecks,
  { prefix, limit, after, minVersion, consistency }: Query,
): Answer | Promise<Answer> {
  if (minVersion !== undefined) {
    const detail = '"minVersion" belongs to the read of one "key": it cannot go with a list.';
    return refusal(failureOf("INVALID_ARGUMENT", detail));
  }
  const query = checks.list({ prefix, limit: numberIn(limit), after, consistency });
  return query.ok ? whenKnown(node.list(query.value), pageText) : refusal(query.failure);
}

/** Answers several keys; the query takes no parameter. */
async function readMany(
  { node }: Context,
  checks: RequestChecks,
  request: Request,
): Promise<Answer> {
  // The body is read even if the query is wrong: the connection can then be used again.
  const none = readQuery(request.url, []);
  const body = await readBody(request);
  if (!body.ok) return refusal(body.failure);
  if (!none.ok) return refusal(none.failure);
  const fields = readFields(manyBody, body.value);
  if (!fields.ok) return refusal(fields.failure);
  const query = checks.readMany(fields.value);
  return query.ok ? whenKnown(node.readMany(query.value), viewText) : refusal(query.failure);
}

/** Makes the answer of a result. Most results are known at once, and then no promise is made. */
function whenKnown<T>(
  outcome: Result<T> | Promise<Result<T>>,
  text: (value: T) => string,
): Answer | Promise<Answer> {
  const answer = (result: Result<T>) =>
    result.ok ? ok(text(result.value)) : refusal(result.failure);
  return outcome instanceof Promise ? outcome.then(answer) : answer(outcome);
}

/** Values are stored as JSON text and go out as they are. */
const keyText = ({ key, value, version }: KeyValue): string =>
  `{"key":${JSON.stringify(key)},"value":${value},"version":${version}}`;

const viewText = ({ entries, sequence }: KeysView): string => {
  const texts = entries.map((entry) => (entry === null ? "null" : keyText(entry)));
  return `{"entries":[${texts.join(",")}],"sequence":${sequence}}`;
};

const pageText = ({ entries, next, sequence }: KeyPage): string =>
  `{"entries":[${entries.map(keyText).join(",")}],"next":${JSON.stringify(next)},"sequence":${sequence}}`;
