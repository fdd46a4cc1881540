/** GET /read: one key, or a page of keys in byte order. POST /read: several keys in one view. */
import { z } from "zod";
import { failureOf, type Result } from "../../src/errors.ts";
import type { Intake } from "../../src/intake/intake.ts";
import type { KeyPage, KeysView, KeyValue, ListQuery } from "../../src/node/api.ts";
import { viewBytesMax } from "../../src/node/keys-view.ts";
import { pageBytesMax } from "../../src/node/list.ts";
import { operationsMax } from "../../src/request-limits.ts";
import { type Answer, ok, refusal } from "../answers.ts";
import { type Context, followerIds } from "../context.ts";
import type { Endpoint } from "../endpoint.ts";
import { type HeldCall, HeldReads } from "../held-reads.ts";
import { readKeysDoc, readManyDoc } from "../openapi/calls/keys.ts";
import { namesOf, readQueryDoc } from "../openapi/terms/parameters.ts";
import { readBody } from "../requests/body.ts";
import { versionRange } from "../requests/checks.ts";
import { RequestChecks } from "../requests/client-requests.ts";
import { versionTag } from "../requests/conditions.ts";
import { checkedWhole, keyField, readFields, restNames, strict } from "../requests/fields.ts";
import { numberIn, readQuery } from "../requests/query.ts";
import { tooManyUnread } from "../unread.ts";
import { whenPlaced } from "../waiting-reads.ts";
import { listNews, newsIn, readNews } from "./news.ts";

const { description, schema: consistencySchema } = readQueryDoc.consistency;
const consistencyDoc = { ...consistencySchema, description };
const parameters = namesOf(readQueryDoc);
type Query = Partial<Record<(typeof parameters)[number], string>>;

const manyBody = z.strictObject(
  {
    keys: z
      .array(keyField, { error: "must be a list of strings" })
      .meta({ minItems: 1, maxItems: operationsMax }),
    minVersion: checkedWhole(versionRange, readQueryDoc.minVersion.description),
    consistency: z.string({ error: "must be a string" }).meta(consistencyDoc).optional(),
  },
  strict,
);
/** A read, and what answers it. */
interface Asked {
  readonly context: Context;
  readonly checks: RequestChecks;
  readonly held: HeldReads;
  readonly call: HeldCall;
}

/** Answers one key where the query has `key`, else a list. */
export function readEndpoint(context: Context): Endpoint {
  const checks = new RequestChecks(restNames, followerIds(context.config).length);
  const held = new HeldReads({ node: context.node, places: context.intake.streams });
  context.onClose(() => held.close());
  return {
    path: "/read",
    methods: {
      GET: {
        ...{ needs: "read", doc: readKeysDoc },
        handle: (request, response, visit) => {
          const query = readQuery(request.url, parameters);
          if (!query.ok) return refusal(query.failure);
          const { key } = query.value;
          const asked = { context, checks, held, call: { request, response, visit } };
          return key === undefined
            ? listKeys(asked, query.value)
            : readKey(asked, { ...query.value, key });
        },
      },
      POST: {
        ...{ needs: "read", doc: readManyDoc, body: manyBody },
        handle: (request, response, visit) =>
          readMany({ context, checks, held, call: { request, response, visit } }),
      },
    },
  };
}

/** Answers one key; the parameters of a list are refused, but for `after` with `wait`. */
function readKey(
  { context, checks, held, call }: Asked,
  {
    key,
    minVersion,
    prefix,
    limit,
    after,
    consistency,
    raw = "false",
    wait,
  }: Query & {
    readonly key: string;
  },
): Answer | Promise<Answer> {
  if (prefix !== undefined || limit !== undefined || (after !== undefined && wait === undefined)) {
    const detail =
      '"prefix", "limit" and, without "wait", "after" belong to a list: they cannot go with "key".';
    return refusal(failureOf("INVALID_ARGUMENT", detail));
  }
  if (raw !== "true" && raw !== "false")
    return refusal(failureOf("INVALID_ARGUMENT", '"raw" must be true or false.'));
  const news = newsIn(after, wait);
  if (!news.ok) return refusal(news.failure);
  const query = checks.read({ key, minVersion: numberIn(minVersion), consistency });
  if (!query.ok) return refusal(query.failure);
  const denied = call.visit.keysFault([key]);
  if (denied !== undefined) return refusal(denied);
  const made = raw === "true" ? rawAnswer : keyAnswer;
  const { node } = context;
  const read = () => placed(context, call, query.value, () => node.read(query.value));
  return news.value === undefined
    ? whenKnown(read(), made)
    : readNews({ node, read, held, call, key, news: news.value }, made);
}

/** What the node answers, if it need not wait for a version or the client may have one more read that waits. */
const placed = <T>(
  { node, intake }: Context,
  { request }: HeldCall,
  { minVersion = 0 }: { readonly minVersion?: number | undefined },
  read: () => Result<T> | Promise<Result<T>>,
): Result<T> | Promise<Result<T>> =>
  minVersion <= node.applied
    ? read()
    : whenPlaced({ places: intake.waitingReads, address: request.socket.remoteAddress, read });

/** Answers a page of keys; what is about one key is refused. */
function listKeys(
  { context, checks, held, call }: Asked,
  { prefix, limit, after, minVersion, consistency, raw, wait }: Query,
): Answer | Promise<Answer> {
  if (minVersion !== undefined || raw !== undefined) {
    const name = minVersion === undefined ? "raw" : "minVersion";
    const detail = `"${name}" belongs to the read of one "key": it cannot go with a list.`;
    return refusal(failureOf("INVALID_ARGUMENT", detail));
  }
  const news = newsIn(after, wait);
  if (!news.ok) return refusal(news.failure);
  const query = checks.list({
    ...{ prefix, limit: numberIn(limit), consistency },
    after: news.value === undefined ? after : undefined,
  });
  if (!query.ok) return refusal(query.failure);
  const denied = call.visit.prefixFault(query.value.prefix);
  if (denied !== undefined) return refusal(denied);
  const page = () => pageAnswer(context, query.value);
  return news.value === undefined
    ? page()
    : listNews({ held, call, prefix: query.value.prefix, news: news.value }, page);
}

const pageAnswer = ({ node, intake }: Context, query: ListQuery): Answer | Promise<Answer> =>
  withRoom({ intake, bytesMax: pageBytesMax }, () => node.list(query), pageBody);

/** Takes room for a large answer before it is made: a refused one would still take its memory for a moment. */
function withRoom<T>(
  { intake, bytesMax }: { readonly intake: Intake; readonly bytesMax: number },
  make: () => Result<T> | Promise<Result<T>>,
  bodyOf: (value: T) => Buffer,
): Answer | Promise<Answer> {
  const room = intake.answers.open(() => {});
  if (!room.take(bytesMax)) return refusal(tooManyUnread);
  return whenKnown(
    make(),
    (value) => ownBody(bodyOf(value)),
    () => room.release(),
  );
}

/** Answers several keys; the query takes no parameter. */
async function readMany({ context, checks, call }: Asked): Promise<Answer> {
  const { request, visit } = call;
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
  const { node, intake } = context;
  const read = () => placed(context, call, query.value, () => node.readMany(query.value));
  return withRoom({ intake, bytesMax: viewBytesMax }, read, viewBody);
}

/** Makes the answer of a result. Most results are known at once, and then no promise is made. */
function whenKnown<T>(
  outcome: Result<T> | Promise<Result<T>>,
  made: (value: T) => Answer,
  known: () => void = () => {},
): Answer | Promise<Answer> {
  const answer = (result: Result<T>) => {
    known();
    return result.ok ? made(result.value) : refusal(result.failure);
  };
  if (!(outcome instanceof Promise)) return answer(outcome);
  return outcome.then(answer, (error: unknown) => {
    known();
    throw error;
  });
}

/** Values are stored as JSON text and go out as they are. */
const keyAnswer = ({ key, value, version }: KeyValue): Answer => ({
  ...ok(`{"key":${JSON.stringify(key)},"value":${value},"version":${version}}`),
  tag: versionTag(version),
});

/** The value alone; its version is in the tag. */
const rawAnswer = ({ value, version }: KeyValue): Answer => ({
  ...ok(value),
  tag: versionTag(version),
});

const ownBody = (body: Buffer): Answer => ({ ...ok(body), isOwnBody: true });

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
