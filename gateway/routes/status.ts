/** GET /status, /livez, /readyz and /metrics: the state of this node, for people and for monitoring. */
import type { Request } from "express";
import { failureOf } from "../../src/errors.ts";
import { type KvNode, purposes } from "../../src/node/api.ts";
import { type Answer, json, jsonType, ok, refusal } from "../answers.ts";
import type { Context } from "../context.ts";
import type { Endpoint } from "../endpoint.ts";
import { metricsAnswer } from "../metrics-answer.ts";
import { liveDoc, metricsDoc, readyDoc, statusDoc } from "../openapi/calls/cluster.ts";
import type { Readiness, Status } from "../openapi/shapes/nodes.ts";
import { namesOf, readyQueryDoc } from "../openapi/terms/parameters.ts";
import { readQuery } from "../requests/query.ts";

const readyQuery = namesOf(readyQueryDoc);

/** `/livez` says that the process runs, `/readyz` that clients may use it. */
export const statusEndpoints = (context: Context): readonly Endpoint[] => [
  {
    path: "/status",
    methods: {
      GET: {
        ...{ needs: "read", doc: statusDoc },
        handle: plain(() =>
          json<Status>({ ...context.node.status(), insecure: context.config.insecure }),
        ),
      },
    },
  },
  {
    path: "/livez",
    methods: {
      GET: { needs: "open", doc: liveDoc, handle: plain(() => ok('{"status":"ok"}')) },
    },
  },
  {
    path: "/readyz",
    methods: {
      GET: {
        ...{ needs: "open", doc: readyDoc },
        handle: (request, _response, { caller }) => {
          const query = readQuery(request.url, readyQuery);
          if (!query.ok) return refusal(query.failure);
          const answer = readiness(context.node, query.value.for);
          return caller.role === "none" ? withoutReasons(answer) : answer;
        },
      },
    },
  },
  {
    path: "/metrics",
    methods: {
      GET: { needs: "read", doc: metricsDoc, handle: plain(() => metricsAnswer(context)) },
    },
  },
];

/**
 * Whether the node is ready for all its calls or, with a purpose, for those calls alone. An elected leader adds
 * how many more nodes may fail.
 */
function readiness(node: KvNode, wanted: string | undefined): Answer {
  const purpose = purposes.find((one) => one === wanted);
  if (wanted !== undefined && purpose === undefined) {
    return refusal(failureOf("INVALID_ARGUMENT", `"for" must be ${purposes.join(" or ")}.`));
  }
  const reasons = purpose === undefined ? node.status().reasons : node.notReadyFor(purpose);
  const ready = reasons.length === 0;
  const survives = node.cluster().survives?.sentence;
  return { ...json<Readiness>({ ready, reasons, survives }), status: ready ? 200 : 503 };
}

/** What a probe without a token gets to know. */
const withoutReasons = (answer: Answer): Answer =>
  answer.contentType === jsonType
    ? { ...json<Readiness>({ ready: answer.status === 200 }), status: answer.status }
    : answer;

/** The handler of a call that takes no parameters. */
const plain =
  (answer: () => Answer | Promise<Answer>) =>
  (request: Request): Answer | Promise<Answer> => {
    const query = readQuery(request.url, []);
    return query.ok ? answer() : refusal(query.failure);
  };
