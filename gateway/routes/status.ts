/** GET /status, /livez, /readyz and /metrics: how this node is. */
import type { Request } from "express";
import { type Answer, jsonType, ok, refusal } from "../answers.ts";
import type { Context } from "../context.ts";
import type { Endpoint } from "../endpoint.ts";
import { readQuery } from "../requests/query.ts";

export const statusEndpoints = (context: Context): readonly Endpoint[] => [
  {
    path: "/status",
    methods: { GET: plain(() => ok(JSON.stringify(context.node.status()))) },
  },
  { path: "/livez", methods: { GET: plain(() => ok('{"status":"ok"}')) } },
  {
    path: "/readyz",
    methods: {
      GET: plain(() => {
        const { ready, reasons } = context.node.status();
        const body = JSON.stringify({ ready, reasons });
        return { status: ready ? 200 : 503, contentType: jsonType, body };
      }),
    },
  },
  {
    path: "/metrics",
    methods: {
      GET: plain(async () => {
        const body = await context.metrics.text(context.node);
        return { status: 200, contentType: context.metrics.contentType, body };
      }),
    },
  },
];

/** A call without parameters. */
const plain =
  (answer: () => Answer | Promise<Answer>) =>
  (request: Request): Answer | Promise<Answer> => {
    const query = readQuery(request.url, []);
    return query.ok ? answer() : refusal(query.failure);
  };
