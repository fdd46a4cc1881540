/** GET /read: one key, or a page of keys in byte order. */
import { failureOf, type Result } from "../../src/errors.ts";
import type { KeyPage, KeyValue } from "../../src/node/api.ts";
import { pageBytesMax } from "../../src/node/list.ts";
import type { Visit } from "../access/visit.ts";
import { type Answer, ok, refusal } from "../answers.ts";
import { type Context, followerIds } from "../context.ts";
import type { Endpoint } from "../endpoint.ts";
import { RequestChecks } from "../requests/client-requests.ts";
import { restNames } from "../requests/fields.ts";
import { numberIn, readQuery } from "../requests/query.ts";
import { tooManyUnread } from "../unread.ts";

const parameters = ["key", "minVersion", "prefix", "limit", "after", "consistency"] as const;
type Query = Partial<Record<(typeof parameters)[number], string>>;

/** A read, and what answers it. */
interface Asked {
  readonly context: Context;
  readonly checks: RequestChecks;
  readonly visit: Visit;
}

/** Answers one key where the query has `key`, else a list. */
export function readEndpoint(context: Context): Endpoint {
  const checks = new RequestChecks(restNames, followerIds(context.config).length);
  return {
    path: "/read",
    methods: {
      GET: {
        needs: "read",
        handle: (request, _response, visit) => {
          const query = readQuery(request.url, parameters);
          if (!query.ok) return refusal(query.failure);
          const { key } = query.value;
          const asked = { context, checks, visit };
          return key === undefined
            ? listKeys(asked, query.value)
            : readKey(asked, { ...query.value, key });
        },
      },
    },
  };
}

/** Answers one key; the parameters of a list are refused. */
function readKey(
  { context, checks, visit }: Asked,
  { key, minVersion, prefix, limit, after, consistency }: Query & { readonly key: string },
): Answer | Promise<Answer> {
  if (prefix !== undefined || limit !== undefined || after !== undefined) {
    const detail = '"prefix", "limit" and "after" belong to a list: they cannot go with "key".';
    return refusal(failureOf("INVALID_ARGUMENT", detail));
  }
  const query = checks.read({ key, minVersion: numberIn(minVersion), consistency });
  if (!query.ok) return refusal(query.failure);
  const denied = visit.keysFault([key]);
  return denied === undefined
    ? whenKnown(context.node.read(query.value), keyText)
    : refusal(denied);
}

/** Answers a page of keys; `minVersion` is refused, because it is about one key. */
function listKeys(
  { context, checks, visit }: Asked,
  { prefix, limit, after, minVersion, consistency }: Query,
): Answer | Promise<Answer> {
  if (minVersion !== undefined) {
    const detail = '"minVersion" belongs to the read of one "key": it cannot go with a list.';
    return refusal(failureOf("INVALID_ARGUMENT", detail));
  }
  const query = checks.list({ prefix, limit: numberIn(limit), after, consistency });
  if (!query.ok) return refusal(query.failure);
  const denied = visit.prefixFault(query.value.prefix);
  if (denied !== undefined) return refusal(denied);
  // Room for the page before it is made: a refused one would still take its memory for a moment.
  const room = context.intake.answers.open(() => {});
  if (!room.take(pageBytesMax)) return refusal(tooManyUnread);
  return whenKnown(context.node.list(query.value), pageBody, () => room.release());
}

/** Makes the answer of a result. Most results are known at once, and then no promise is made. */
function whenKnown<T>(
  outcome: Result<T> | Promise<Result<T>>,
  text: (value: T) => string | Buffer,
  known: () => void = () => {},
): Answer | Promise<Answer> {
  const answer = (result: Result<T>) => {
    known();
    if (!result.ok) return refusal(result.failure);
    const body = text(result.value);
    return { ...ok(body), isOwnBody: typeof body !== "string" };
  };
  if (!(outcome instanceof Promise)) return answer(outcome);
  return outcome.then(answer, (error: unknown) => {
    known();
    throw error;
  });
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
