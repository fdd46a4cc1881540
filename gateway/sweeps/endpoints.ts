/** /sweeps: runs the simulation as a job on the leader, for the sweep view of the page. */
import { failureOf } from "../../src/errors.ts";
import { restApproach } from "../access/rest-approach.ts";
import { type Answer, json, nodeHeaders, refusal } from "../answers.ts";
import { type Context, followerIds, leaderOnly } from "../context.ts";
import { type Endpoint, type Handler, type Outcome, streaming } from "../endpoint.ts";
import {
  cancelSweepDoc,
  startSweepDoc,
  sweepDoc,
  sweepEventsDoc,
  sweepReportDoc,
  sweepsDoc,
} from "../openapi/calls/sweeps.ts";
import type { Sweep, SweepList } from "../openapi/shapes/sweeps.ts";
import { readBody } from "../requests/body.ts";
import { readQuery } from "../requests/query.ts";
import { tooManyStreams } from "../streams/event-streams.ts";
import type { Job } from "./job.ts";
import { reportFile } from "./report.ts";
import { readSweepRequest, sweepSchema } from "./request.ts";
import type { Sweeps } from "./sweeps.ts";

/** A handler of a path that names a sweep. */
type JobHandler = (job: Job, ...call: Parameters<Handler>) => Outcome | Promise<Outcome>;

/** `GET`, `POST` and `DELETE` under /sweeps. Sweeps live on the leader; a follower names it. */
export function sweepEndpoints(context: Context, sweeps: Sweeps): readonly Endpoint[] {
  const schema = sweepSchema(followerIds(context.config).length);
  const onLeader =
    (run: Handler): Handler =>
    (request, ...rest) => {
      const query = readQuery(request.url, []);
      if (!query.ok) return refusal(query.failure);
      const elsewhere = leaderOnly(context);
      return elsewhere === undefined ? run(request, ...rest) : refusal(elsewhere);
    };

  const onJob = (run: JobHandler): Handler =>
    onLeader((request, ...rest) => {
      const job = sweeps.find(String(request.params["id"]));
      if (job !== undefined) return run(job, request, ...rest);
      return refusal(failureOf("NOT_FOUND", "This node has no sweep with that id, or no longer."));
    });

  /** 202 with the new sweep; its progress is in its events. */
  const start: Handler = async (request, ...rest) => {
    const body = await readBody(request);
    return onLeader(async () => {
      if (!body.ok) return refusal(body.failure);
      const wanted = readSweepRequest(body.value, schema);
      if (!wanted.ok) return refusal(wanted.failure);
      const { credential } = restApproach(request);
      const job = await sweeps.start(wanted.value, credential?.token);
      return job.ok ? { ...sweepAnswer(job.value), status: 202 } : refusal(job.failure);
    })(request, ...rest);
  };

  return [
    {
      path: "/sweeps",
      methods: {
        GET: {
          ...{ needs: "read", doc: sweepsDoc },
          handle: onLeader(() =>
            json<SweepList>({ sweeps: sweeps.list().map((job) => job.describe()) }),
          ),
        },
        POST: { needs: "admin", doc: startSweepDoc, body: schema, handle: start },
      },
    },
    {
      path: "/sweeps/:id",
      methods: {
        GET: { needs: "read", doc: sweepDoc, handle: onJob(sweepAnswer) },
        DELETE: {
          ...{ needs: "admin", doc: cancelSweepDoc },
          handle: onJob((job) => {
            job.cancel();
            return sweepAnswer(job);
          }),
        },
      },
    },
    {
      path: "/sweeps/:id/events",
      methods: {
        GET: { needs: "read", doc: sweepEventsDoc, handle: onJob(followJob(context)) },
      },
    },
    {
      path: "/sweeps/:id/report/*file",
      methods: {
        GET: {
          ...{ needs: "read", doc: sweepReportDoc },
          handle: onJob((job, request) =>
            reportFile(job.directory, [request.params["file"] ?? []].flat().join("/")),
          ),
        },
      },
    },
  ];
}

/** A sweep as it is now. */
const sweepAnswer = (job: Job): Answer =>
  json<{ readonly sweep: Sweep }>({ sweep: job.describe() });

/** The events of a sweep as a stream: what happened so far, then what happens, until it ends. */
const followJob =
  (context: Context): JobHandler =>
  (job, request, response, visit) => {
    if (!context.streams.admit(request, response)) return refusal(tooManyStreams);
    const stream = context.streams.open(request, response, {
      headers: nodeHeaders(context.node),
    });
    context.metrics.requests.count("/sweeps/:id/events", request.method, 200);
    if (request.method === "HEAD") return streaming;
    const stop = job.follow(({ name, data }) => {
      stream.send({ name, data: JSON.stringify(data) });
      if (name === "done") stream.end("the sweep has ended");
    });
    const forget = visit.onLapse(({ detail }) => stream.end(detail));
    stream.onEnd(() => {
      forget();
      stop();
    });
    return streaming;
  };
