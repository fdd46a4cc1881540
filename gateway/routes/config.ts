/** PATCH /config: the settings that may change while the cluster runs. */
import { z } from "zod";
import { type Failure, failureOf } from "../../src/errors.ts";
import type { LiveConfig } from "../../src/node/api.ts";
import { quorumRange } from "../../src/node/quorum.ts";
import { delayMsMax } from "../../src/request-limits.ts";
import { type Answer, json, refusal } from "../answers.ts";
import { type Context, followerIds, leaderOnly } from "../context.ts";
import type { Endpoint } from "../endpoint.ts";
import { configDoc } from "../openapi/calls/cluster.ts";
import { strict, wholeField } from "../requests/fields.ts";
import { readCall } from "../requests/whole-call.ts";

/** Changes settings on the leader. What the body does not name stays as it is. */
export function configEndpoint(context: Context): Endpoint {
  const { config } = context;
  const followers = followerIds(config);
  // Who follows changes with the leader: what is in force may name any node.
  const delayed = config.failover ? config.nodes.map(({ id }) => id) : followers;
  const schema = changeSchema(followers.length, delayed);
  return {
    path: "/config",
    methods: {
      PATCH: {
        ...{ needs: "admin", doc: configDoc, body: schema },
        handle: async (request) => {
          const change = await readCall(request, schema);
          if (!change.ok) return refusal(change.failure);
          const elsewhere = leaderOnly(context);
          return elsewhere === undefined ? apply(context, change.value) : refusal(elsewhere);
        },
      },
    },
  };
}

/** Puts the change in force, if it fits the settings that it does not name. */
async function apply(
  context: Context,
  given: z.infer<ReturnType<typeof changeSchema>>,
): Promise<Answer> {
  const inForce = context.node.status().config;
  const { minDelay = inForce.minDelay, maxDelay = inForce.maxDelay } = given;
  const fault = rangeFault("minDelay", minDelay, maxDelay) ?? followersFault(given.followerDelays);
  if (fault !== undefined) return refusal(fault);
  const { writeQuorum = inForce.writeQuorum, followerDelays = inForce.followerDelays } = given;
  const wanted: LiveConfig = { writeQuorum, minDelay, maxDelay, followerDelays };
  const result = await context.node.configure(wanted);
  return result.ok ? json<LiveConfig>(result.value) : refusal(result.failure);
}

function followersFault(delays: LiveConfig["followerDelays"] = {}): Failure | undefined {
  for (const [id, { minDelayMs, maxDelayMs }] of Object.entries(delays)) {
    const fault = rangeFault(`followerDelays.${id}.minDelayMs`, minDelayMs, maxDelayMs);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** `minName` is the lower end of a range of delays, as the client wrote it. */
function rangeFault(minName: string, min: number, max: number): Failure | undefined {
  if (min <= max) return undefined;
  const maxName = minName.replace(/min(?=Delay(?:Ms)?$)/, "max");
  const detail = `${minName} is ${min}, but must be at most ${maxName}, ${max}.`;
  return failureOf("INVALID_ARGUMENT", detail);
}

/** The body; delays of single followers may be given for the ids `delayed`. */
function changeSchema(followers: number, delayed: readonly string[]) {
  // Nodes tell each other of whole milliseconds.
  const delay = wholeField({ min: 0, max: delayMsMax });
  const range = z.strictObject({ minDelayMs: delay, maxDelayMs: delay }, strict);
  return z.strictObject(
    {
      writeQuorum: wholeField(quorumRange(followers)).optional(),
      minDelay: delay.optional(),
      maxDelay: delay.optional(),
      followerDelays: z
        .strictObject(Object.fromEntries(delayed.map((id) => [id, range.optional()])), strict)
        .transform(withoutAbsent)
        .optional(),
    },
    strict,
  );
}

/** Leaves out the followers that the client did not name. */
function withoutAbsent<T>(given: Readonly<Record<string, T | undefined>>): Record<string, T> {
  const present: Record<string, T> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) present[name] = value;
  }
  return present;
}
