/** PATCH /config: the settings that may change while the cluster runs. */
import { z } from "zod";
import { type Failure, failed } from "../../src/errors.ts";
import type { LiveConfig } from "../../src/node/api.ts";
import { delayMsMax } from "../../src/request-limits.ts";
import { type Answer, ok, refusal } from "../answers.ts";
import { type Context, followerIds, leaderOnly } from "../context.ts";
import type { Endpoint } from "../endpoint.ts";
import { readBody } from "../requests/body.ts";
import { readFields, strict } from "../requests/fields.ts";
import { readQuery } from "../requests/query.ts";

export const configEndpoint = (context: Context): Endpoint => {
  const schema = changeSchema(followerIds(context.config));
  return {
    path: "/config",
    methods: {
      PATCH: async (request) => {
        const query = readQuery(request.url, []);
        const body = await readBody(request);
        if (!query.ok) return refusal(query.failure);
        if (!body.ok) return refusal(body.failure);
        const change = readFields(schema, body.value);
        if (!change.ok) return refusal(change.failure);
        const elsewhere = leaderOnly(context);
        return elsewhere === undefined ? apply(context, change.value) : refusal(elsewhere);
      },
    },
  };
};

const apply = (context: Context, given: z.infer<ReturnType<typeof changeSchema>>): Answer => {
  const inForce = context.node.status().config;
  const { minDelay = inForce.minDelay, maxDelay = inForce.maxDelay } = given;
  const fault = rangeFault("minDelay", minDelay, maxDelay) ?? followersFault(given.followerDelays);
  if (fault !== undefined) return refusal(fault);
  const { writeQuorum = inForce.writeQuorum, followerDelays = inForce.followerDelays } = given;
  const wanted: LiveConfig = { writeQuorum, minDelay, maxDelay, followerDelays };
  const result = context.node.configure(wanted);
  return result.ok ? ok(JSON.stringify(result.value)) : refusal(result.failure);
};

const followersFault = (delays: LiveConfig["followerDelays"] = {}): Failure | undefined => {
  for (const [id, { minDelayMs, maxDelayMs }] of Object.entries(delays)) {
    const fault = rangeFault(`followerDelays.${id}.minDelayMs`, minDelayMs, maxDelayMs);
    if (fault !== undefined) return fault;
  }
  return undefined;
};

const rangeFault = (name: string, min: number, max: number): Failure | undefined => {
  if (min <= max) return undefined;
  return failed("INVALID_ARGUMENT", `${name} (${min}) must not exceed the maximum (${max}).`)
    .failure;
};

const changeSchema = (followers: readonly string[]) => {
  const quorumError = `must be a whole number from 0 to ${followers.length}`;
  const delayError = `must be a number from 0 to ${delayMsMax} (ms)`;
  const delay = z
    .number({ error: delayError })
    .min(0, { error: delayError })
    .max(delayMsMax, { error: delayError });
  const range = z.strictObject({ minDelayMs: delay, maxDelayMs: delay }, strict).optional();
  return z.strictObject(
    {
      writeQuorum: z
        .int({ error: quorumError })
        .min(0, { error: quorumError })
        .max(followers.length, { error: quorumError })
        .optional(),
      minDelay: delay.optional(),
      maxDelay: delay.optional(),
      followerDelays: z
        .strictObject(Object.fromEntries(followers.map((id) => [id, range])), strict)
        .transform(withoutAbsent)
        .optional(),
    },
    strict,
  );
};

const withoutAbsent = <T>(given: Readonly<Record<string, T | undefined>>): Record<string, T> => {
  const present: Record<string, T> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) present[name] = value;
  }
  return present;
};
