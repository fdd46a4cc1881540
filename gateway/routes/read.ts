/** GET /read: one key, or a page of keys in byte order. POST /read: several keys in one view. */
import type { Request } from "express";
import { z } from "zod";
import { failureOf, type Result } from "../../src/errors.ts";
import type { KeyPage, KeysView, KeyValue } from "../../src/node/api.ts";
import { viewBytesMax } from "../../src/node/keys-view.ts";
import { pageBytesMax } from "../../src/node/list.ts";
import type { Visit } from "../access/visit.ts";
import { type Answer, ok, refusal } from "../answers.ts";
import { type Context, followerIds } from "../context.ts";
import type { Endpoint } from "../endpoint.ts";
import { readBody } from "../requests/body.ts";
import { RequestChecks } from "../requests/client-requests.ts";
import { readFields, restNames, strict } from "../requests/fields.ts";
import { numberIn, readQuery } from "../requests/query.ts";
import { tooManyUnread } from "../unread.ts";

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
      POST: {
        needs: "read",
        handle: (request, _response, visit) => readMany({ context, checks, visit }, request),
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

/** Answers several keys; the query takes no parameter. */
async function readMany({ context, checks, visit }: Asked, request: Request): Promise<Answer> {
  // The body is read even if the query is wrong: the connection can then be used again.
  const none = readQuery(request.url, []);
  const body = await readBody(request);
  if (!body.ok) return refusal(body.failure);
  if (!none.ok) return refusal(none.failure);
  const fields = readFields(manyBody, body.value);
  if (!fields.ok) return refusal(fields.failure);
  const query = checks.readMany(fields.value);
  if (!query.ok) return refusal(query.failure);
  const denied = visit.keysFault(query.value.keys);
  if (denied !== undefined) return refusal(denied);
  // As for a page.
  const room = context.intake.answers.open(() => {});
  if (!room.take(viewBytesMax)) return refusal(tooManyUnread);
  return whenKnown(context.node.readMany(query.value), viewBody, () => room.release());
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

function viewBody({ entries, sequence }: KeysView): Buffer {
  const parts: string[] = [];
  for (const entry of entries) {
    const start = parts.length === 0 ? pageStart : ",";
    if (entry === null) parts.push(`${start}null`);
    else parts.push(start, ...textsOf(entry));
  }
  return encoded([...parts, `],"sequence":${sequence}}`]);
}

/**
 * A page may be large: its values are encoded where they go, so that nothing of it is in memory twice.
 */
function pageBody({ entries, next, sequence }: KeyPage): Buffer {
  const parts: string[] = [];
  for (const entry of entries) parts.push(parts.length === 0 ? pageStart : ",", ...textsOf(entry));
  if (parts.length === 0) parts.push(pageStart);
  return encoded([...parts, `],"next":${JSON.stringify(next)},"sequence":${sequence}}`]);
}

const textsOf = ({ key, value, version }: KeyValue): readonly string[] => [
  `{"key":${JSON.stringify(key)},"value":`,
  value,
  `,"version":${version}}`,
];

function encoded(parts: readonly string[]): Buffer {
  let length = 0;
  for (const part of parts) length += Buffer.byteLength(part);
  const body = Buffer.allocUnsafe(length);
  let at = 0;
  for (const part of parts) at += body.write(part, at);
  return body;
}

const pageStart = '{"entries":[';
