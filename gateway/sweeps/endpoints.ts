/** /sweeps: runs the simulation as a job on the leader, for the sweep view of the page. */
import type { Request, Response } from "express";
import { failureOf } from "../../src/errors.ts";
import { type Answer, jsonType, nodeHeaders, ok, refusal } from "../answers.ts";
import { type Context, followerIds, leaderOnly } from "../context.ts";
import { type Endpoint, type Handler, type Outcome, streaming } from "../endpoint.ts";
import { readBody } from "../requests/body.ts";
import { readQuery } from "../requests/query.ts";
import { tooManyStreams } from "../streams/event-streams.ts";
import type { Job } from "./job.ts";
import { reportFile } from "./report.ts";
import { readSweepRequest } from "./request.ts";
import type { Sweeps } from "./sweeps.ts";

/** A handler of a path that names a sweep. */
type JobHandler = (job: Job, request: Request, response: Response) => Outcome | Promise<Outcome>;

/** `GET`, `POST` and `DELETE` under /sweeps. Sweeps live on the leader; a follower names it. */
export function sweepEndpoints(context: Context, sweeps: Sweeps): readonly Endpoint[] {
  const onLeader =
    (run: Handler): Handler =>
    (request, response) => {
      const query = readQuery(request.url, []);
      if (!query.ok) return refusal(query.failure);
      const elsewhere = leaderOnly(context);
      return elsewhere === undefined ? run(request, response) : refusal(elsewhere);
    };

  const onJob = (run: JobHandler): Handler =>
    onLeader((request, response) => {
      const job = sweeps.find(String(request.params["id"]));
      if (job !== undefined) return run(job, request, response);
      return refusal(failureOf("NOT_FOUND", "This node has no sweep with that id, or no longer."));
    });

  /** 202 with the new sweep; its progress is in its events. */
  const start: Handler = async (request, response) => {
    const body = await readBody(request);
    return onLeader(async () => {
      if (!body.ok) return refusal(body.failure);
      const wanted = readSweepRequest(body.value, followerIds(context.config).length);
      if (!wanted.ok) return refusal(wanted.failure);
      const job = await sweeps.start(wanted.value);
      return job.ok ? { ...sweepAnswer(job.value), status: 202 } : refusal(job.failure);
    })(request, response);
  };

  return [
    {
      path: "/sweeps",
      methods: {
        GET: onLeader(() =>
          ok(JSON.stringify({ sweeps: sweeps.list().map((job) => job.describe()) })),
        ),
        POST: start,
      },
    },
    {
      path: "/sweeps/:id",
      methods: {
        GET: onJob(sweepAnswer),
        DELETE: onJob((job) => {
          job.cancel();
          return sweepAnswer(job);
        }),
      },
    },
    { path: "/sweeps/:id/events", methods: { GET: onJob(followJob(context)) } },
    {
      path: "/sweeps/:id/report/*file",
      methods: {
        GET: onJob((job, request) =>
          reportFile(job.directory, [request.params["file"] ?? []].flat().join("/")),
        ),
      },
    },
  ];
}

/** A sweep as it is now. */
const sweepAnswer = (job: Job): Answer => ({
  ...ok(JSON.stringify({ sweep: job.describe() })),
  contentType: jsonType,
});

/** The events of a sweep as a stream: what happened so far, then what happens, until it ends. */
const followJob =
  (context: Context): JobHandler =>
  (job, request, response) => {
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
    stream.onEnd(stop);
    return streaming;
  };
