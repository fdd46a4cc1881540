/**
 * GET /watch: applied operations in sequence order, as server-sent events.
 *
 * A client resumes by entry: `id:` is the sequence up to which it has seen everything. So of the
 * operations of one entry only the last carries the id: a client that is cut off in the middle of
 * an entry names the entry before, and gets this one again from its first operation. An id without
 * an event opens the stream, so that a client that has seen nothing yet can resume as well. Others follow
 * while there is little to tell, lest the log be compacted beyond what a quiet client would resume after. A
 * comment repeats them, for readers whose parser tells of no id without an event.
 */
import type { Request, Response } from "express";
import type { Failure, Result } from "../../src/errors.ts";
import type { AppliedOperation } from "../../src/node/watch-query.ts";
import { nodeHeaders, refusal } from "../answers.ts";
import { type Context, followerIds } from "../context.ts";
import { type Endpoint, type Handler, streaming } from "../endpoint.ts";
import { watchDoc } from "../openapi/calls/keys.ts";
import { namesOf, watchQueryDoc } from "../openapi/terms/parameters.ts";
import { problemText } from "../problems.ts";
import { RequestChecks, type WatchStart } from "../requests/client-requests.ts";
import { restNames } from "../requests/fields.ts";
import { numberIn, readQuery } from "../requests/query.ts";
import { type EventStream, textOf, tooManyStreams } from "../streams/event-streams.ts";

const parameters = namesOf(watchQueryDoc);

export const watchEndpoint = (context: Context): Endpoint => ({
  path: "/watch",
  methods: { GET: { needs: "read", doc: watchDoc, handle: watchHandler(context) } },
});

function watchHandler(context: Context): Handler {
  const checks = new RequestChecks(restNames, followerIds(context.config).length);
  const texts = new WatchTexts();
  return (request, response, visit) => {
    const wanted = readWatch(request, checks);
    if (!wanted.ok) return refusal(wanted.failure);
    const denied = visit.prefixFault(wanted.value.prefix);
    if (denied !== undefined) return refusal(denied);
    if (!context.streams.admit(request, response)) return refusal(tooManyStreams);
    const from = wanted.value.after ?? context.node.applied;
    const openStream = streamOpener(context, request, response, from);
    return new Promise((resolve) => {
      let opened = false;
      const fail = (failure: Failure) => {
        if (!opened) {
          resolve(refusal(failure));
          return;
        }
        // The client reconnects by itself, and then gets the failure as an ordinary answer.
        openStream().send({ name: "failed", data: problemText(failure) });
        openStream().end(failure.code);
      };
      const watching = context.node.watch({
        ...wanted.value,
        opened: () => {
          opened = true;
          openStream();
          resolve(streaming);
        },
        applied: (operations) => openStream().sendText(texts.of(operations)),
        passed: (id) => openStream().send({ comment: `at ${id}`, id }),
        failed: fail,
      });
      if (!watching.ok) {
        resolve(refusal(watching.failure));
        return;
      }
      const { resume, cancel } = watching.value;
      response.on("drain", resume);
      const forget = visit.onLapse((failure) => {
        cancel();
        fail(failure);
      });
      const end = () => {
        forget();
        cancel();
      };
      if (response.destroyed || response.writableEnded) end();
      else response.once("close", end);
    });
  };
}

function readWatch(request: Request, checks: RequestChecks): Result<WatchStart> {
  const query = readQuery(request.url, parameters);
  if (!query.ok) return query;
  const { prefix, after } = query.value;
  // A browser that reconnects repeats its URL, so the last event it received takes precedence.
  const lastId = request.get("Last-Event-ID");
  const start =
    lastId === undefined || lastId === ""
      ? { after: numberIn(after), afterName: "after" }
      : { after: numberIn(lastId), afterName: "Last-Event-ID" };
  return checks.watch({ prefix, ...start });
}

/** Returns the stream, and opens it on the first call: until then the answer may still be a refusal. */
function streamOpener(context: Context, request: Request, response: Response, from: number) {
  let stream: EventStream | undefined;
  return (): EventStream => {
    if (stream === undefined) {
      stream = context.streams.open(request, response, {
        headers: nodeHeaders(context.node),
        waits: true,
      });
      stream.send({ id: from });
      context.metrics.requests.count("/watch", request.method, 200);
    }
    return stream;
  };
}

/**
 * The text of operations, for all streams that are told of them. They share what the node tells, so that many streams
 * of one prefix cost one text.
 */
class WatchTexts {
  readonly #texts = new WeakMap<readonly AppliedOperation[], Buffer>();

  of(operations: readonly AppliedOperation[]): Buffer {
    const known = this.#texts.get(operations);
    if (known !== undefined) return known;
    const text = Buffer.from(eventsOf(operations));
    this.#texts.set(operations, text);
    return text;
  }
}

/** `operations` holds whole entries. */
function eventsOf(operations: readonly AppliedOperation[]): string {
  let text = "";
  for (const [index, { sequence, key, value }] of operations.entries()) {
    const isLast = operations[index + 1]?.sequence !== sequence;
    const name = value === undefined ? "delete" : "put";
    const shown = value === undefined ? "" : `"value":${value},`;
    const data = `{"key":${JSON.stringify(key)},${shown}"version":${sequence}}`;
    text += textOf({ name, data, id: isLast ? sequence : undefined });
  }
  return text;
}
