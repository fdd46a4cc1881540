/** POST /leader: moves leadership to another node, or back to the one that LEADER names. */
import { z } from "zod";
import { failureOf } from "../../src/errors.ts";
import type { NextLeader } from "../../src/node/api.ts";
import { json, refusal } from "../answers.ts";
import { type Context, leaderOnly } from "../context.ts";
import type { Endpoint } from "../endpoint.ts";
import { leaderDoc } from "../openapi/calls/cluster.ts";
import { strict } from "../requests/fields.ts";
import { readCall } from "../requests/whole-call.ts";

/** Carried out by the leader. The answer names the leader that there is afterwards. */
export function leaderEndpoint(context: Context): Endpoint {
  const { node, config } = context;
  const schema = handOverSchema(config.nodes.map(({ id }) => id));
  const fixed = failureOf(
    "INVALID_ARGUMENT",
    `Leadership cannot be moved: FAILOVER is 0, so ${config.leader} alone leads.`,
  );
  return {
    path: "/leader",
    methods: {
      POST: {
        ...{ needs: "admin", doc: leaderDoc, body: schema },
        handle: async (request) => {
          const wanted = await readCall(request, schema);
          if (!wanted.ok) return refusal(wanted.failure);
          if (!config.failover) return refusal(fixed);
          const elsewhere = leaderOnly(context);
          if (elsewhere !== undefined) return refusal(elsewhere);
          const moved = await node.handOver(wanted.value.to);
          return moved.ok ? json<NextLeader>(moved.value) : refusal(moved.failure);
        },
      },
    },
  };
}

/** The body; `to` is one of these ids. */
const handOverSchema = (ids: readonly string[]) =>
  z.strictObject(
    { to: z.enum(ids, { error: `must be one of ${ids.join(", ")}` }).optional() },
    strict,
  );
