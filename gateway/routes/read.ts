/** GET /read: one key, or a page of keys in byte order. */
import { failureOf, type Result } from "../../src/errors.ts";
import type { KeyPage, KeyValue, ListQuery } from "../../src/node/api.ts";
import { pageBytesMax } from "../../src/node/list.ts";
import { type Answer, ok, refusal } from "../answers.ts";
import { type Context, followerIds } from "../context.ts";
import type { Endpoint } from "../endpoint.ts";
import { type HeldCall, HeldReads } from "../held-reads.ts";
import { RequestChecks } from "../requests/client-requests.ts";
import { versionTag } from "../requests/conditions.ts";
import { restNames } from "../requests/fields.ts";
import { numberIn, readQuery } from "../requests/query.ts";
import { tooManyUnread } from "../unread.ts";
import { listNews, newsIn, readNews } from "./news.ts";

const lists = ["prefix", "limit", "after"] as const;
const parameters = ["key", "minVersion", "consistency", "raw", "wait", ...lists] as const;
type Query = Partial<Record<(typeof parameters)[number], string>>;

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
        needs: "read",
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
  return news.value === undefined
    ? whenKnown(context.node.read(query.value), made)
    : readNews({ node: context.node, held, call, query: query.value, news: news.value }, made);
}

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

function pageAnswer({ node, intake }: Context, query: ListQuery): Answer | Promise<Answer> {
  // Room for the page before it is made: a refused one would still take its memory for a moment.
  const room = intake.answers.open(() => {});
  if (!room.take(pageBytesMax)) return refusal(tooManyUnread);
  return whenKnown(
    node.list(query),
    (page) => ok(pageBody(page)),
    () => room.release(),
  );
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
