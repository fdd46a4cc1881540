/** GET /read: one key, or a page of keys in byte order. */
import { failureOf, type Result } from "../../src/errors.ts";
import type { KeyPage, KeyValue } from "../../src/node/api.ts";
import { pageBytesMax } from "../../src/node/list.ts";
import { type Answer, ok, refusal } from "../answers.ts";
import { type Context, followerIds } from "../context.ts";
import type { Endpoint } from "../endpoint.ts";
import { RequestChecks } from "../requests/client-requests.ts";
import { restNames } from "../requests/fields.ts";
import { numberIn, readQuery } from "../requests/query.ts";
import { tooManyUnread } from "../unread.ts";

const parameters = ["key", "minVersion", "prefix", "limit", "after", "consistency"] as const;
type Query = Partial<Record<(typeof parameters)[number], string>>;

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
  { node, intake }: Context,
  checks: RequestChecks,
  { prefix, limit, after, minVersion, consistency }: Query,
): Answer | Promise<Answer> {
  if (minVersion !== undefined) {
    const detail = '"minVersion" belongs to the read of one "key": it cannot go with a list.';
    return refusal(failureOf("INVALID_ARGUMENT", detail));
  }
  const query = checks.list({ prefix, limit: numberIn(limit), after, consistency });
  if (!query.ok) return refusal(query.failure);
  // Room for the page before it is made: a refused one would still take its memory for a moment.
  const room = intake.answers.open(() => {});
  if (!room.take(pageBytesMax)) return refusal(tooManyUnread);
  return whenKnown(node.list(query.value), (page) => {
    room.release();
    return pageBody(page);
  });
}

/** Makes the answer of a result. Most results are known at once, and then no promise is made. */
function whenKnown<T>(
  outcome: Result<T> | Promise<Result<T>>,
  text: (value: T) => string | Buffer,
): Answer | Promise<Answer> {
  const answer = (result: Result<T>) =>
    result.ok ? ok(text(result.value)) : refusal(result.failure);
  return outcome instanceof Promise ? outcome.then(answer) : answer(outcome);
}

/** Values are stored as JSON text and go out as they are. */
const keyText = ({ key, value, version }: KeyValue): string =>
  `{"key":${JSON.stringify(key)},"value":${value},"version":${version}}`;

/**
 * A page may be large: its values are encoded where they go, so that nothing of it is in memory twice.
 */
function pageBody({ entries, next, sequence }: KeyPage): Buffer {
  const parts: string[] = [];
  for (const { key, value, version } of entries) {
    const start = parts.length === 0 ? pageStart : ",";
    parts.push(`${start}{"key":${JSON.stringify(key)},"value":`, value, `,"version":${version}}`);
  }
  if (parts.length === 0) parts.push(pageStart);
  parts.push(`],"next":${JSON.stringify(next)},"sequence":${sequence}}`);
  let length = 0;
  for (const part of parts) length += Buffer.byteLength(part);
  const body = Buffer.allocUnsafe(length);
  let at = 0;
  for (const part of parts) at += body.write(part, at);
  return body;
}

const pageStart = '{"entries":[';
