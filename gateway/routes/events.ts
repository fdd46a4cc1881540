/** GET /events: what happens on this node, as server-sent events for live pages. */
import type { NodeEvent } from "../../src/node/api.ts";
import { eventText } from "../../src/node/event-hub.ts";
import type { Visit } from "../access/visit.ts";
import { nodeHeaders, refusal } from "../answers.ts";
import type { Context } from "../context.ts";
import { type Endpoint, streaming } from "../endpoint.ts";
import { eventsDoc } from "../openapi/calls/cluster.ts";
import type { Hello } from "../openapi/shapes/events.ts";
import { readQuery } from "../requests/query.ts";
import { tooManyStreams } from "../streams/event-streams.ts";
import type { Sweeps } from "../sweeps/sweeps.ts";
import type { SweepNews } from "../sweeps/types.ts";
import { hasControl } from "./control.ts";

/**
 * Sends `hello` first, then the recent history, then each event as it happens. Ids count within one
 * stream. A client that reconnects gets the history again, so it has nothing to resume.
 */
export function eventsEndpoint(context: Context, sweeps: Sweeps): Endpoint {
  const startedAt = Date.now();
  return {
    path: "/events",
    methods: {
      GET: {
        ...{ needs: "read", doc: eventsDoc },
        handle: (request, response, visit) => {
          const query = readQuery(request.url, []);
          if (!query.ok) return refusal(query.failure);
          if (!context.streams.admit(request, response)) return refusal(tooManyStreams);
          const stream = context.streams.open(request, response, {
            headers: nodeHeaders(context.node),
          });
          context.metrics.requests.count("/events", request.method, 200);
          if (request.method === "HEAD") return streaming;
          let id = 0;
          const show = (event: NodeEvent) => {
            const data = textFor(visit, event);
            if (data === undefined) return;
            id += 1;
            stream.send({ name: event.type, data, id });
          };
          stream.send({ name: "hello", data: helloText(context, startedAt), id });
          const showSweep = (news: SweepNews) => {
            id += 1;
            stream.send({ name: "sweep", data: JSON.stringify(news), id });
          };
          const news = sweeps.news();
          if (news.running !== null) showSweep(news);
          const stopSweeps = sweeps.listen(showSweep);
          const { history, cancel } = context.node.subscribe(show);
          for (const event of history) show(event);
          const forget = visit.onLapse(({ detail }) => stream.end(detail));
          stream.onEnd(() => {
            forget();
            stopSweeps();
            cancel();
          });
          return streaming;
        },
      },
    },
  };
}

/** The event as JSON text, without keys that are not the caller's; undefined where nothing is left of it. */
function textFor(visit: Visit, event: NodeEvent): string | undefined {
  if (event.type !== "write" || visit.caller.prefixes === undefined) return eventText(event);
  const keys = event.keys.filter((key) => visit.mayTouch(key));
  return keys.length === 0 ? undefined : JSON.stringify({ ...event, keys });
}

/** Who this node is, since when, and whether link faults can be set and processes stopped. */
function helloText(context: Context, startedAt: number): string {
  const { id, role, leader, epoch, config } = context.node.status();
  const allows = { faults: context.faults !== undefined, control: hasControl(context) };
  const self = { node: id, role, leader, epoch, config, ...allows };
  const hello: Hello = { ...self, startedAt, now: Date.now() };
  return JSON.stringify(hello);
}
