/** /faults: link faults that are set on purpose. They exist on the leader, and only with FAULTS=1. */
import { z } from "zod";
import { failureOf } from "../../src/errors.ts";
import type { FaultControl } from "../../src/node/ports.ts";
import { type Answer, json, refusal } from "../answers.ts";
import { type Context, followerIds, leaderOnly } from "../context.ts";
import type { Endpoint, Handler } from "../endpoint.ts";
import {
  endFaultDoc,
  endFaultsDoc,
  faultsDoc,
  setFaultDoc,
} from "../openapi/calls/administration.ts";
import type { FaultList } from "../openapi/shapes/administration.ts";
import { readBody } from "../requests/body.ts";
import { delayField, readFields, strict } from "../requests/fields.ts";
import { quote, readQuery } from "../requests/query.ts";

/** The body of PUT /faults/:follower. */
const faultSchema = z.discriminatedUnion(
  "type",
  [
    z.strictObject({ type: z.literal("pause") }, strict),
    z.strictObject({ type: z.literal("cut") }, strict),
    z.strictObject({ type: z.literal("slow"), delayMs: delayField }, strict),
  ],
  {
    error: ({ code }) =>
      code === "invalid_union" ? 'must be "pause", "slow" or "cut"' : "must be a JSON object",
  },
);

/** None without FAULTS=1: the paths are then NOT_FOUND. Each call answers all faults now in force. */
export function faultsEndpoints(context: Context): readonly Endpoint[] {
  const { faults } = context;
  if (faults === undefined) return [];
  const followers = followerIds(context.config);

  /** Checks what all calls have in common; the follower is empty on a path that names none. */
  const onLeader =
    (run: (follower: string) => Answer): Handler =>
    (request) => {
      const query = readQuery(request.url, []);
      if (!query.ok) return refusal(query.failure);
      const elsewhere = leaderOnly(context);
      if (elsewhere !== undefined) return refusal(elsewhere);
      const follower = String(request.params["follower"] ?? "");
      if (follower !== "" && !followers.includes(follower)) {
        return refusal(failureOf("NOT_FOUND", `No follower is called ${quote(follower)}.`));
      }
      return run(follower);
    };

  return [
    {
      path: "/faults",
      methods: {
        GET: { needs: "read", doc: faultsDoc, handle: onLeader(() => listed(faults)) },
        DELETE: {
          ...{ needs: "admin", doc: endFaultsDoc },
          handle: onLeader(() => {
            for (const follower of followers) faults.reset(follower);
            return listed(faults);
          }),
        },
      },
    },
    {
      path: "/faults/:follower",
      methods: {
        PUT: {
          ...{ needs: "admin", doc: setFaultDoc, body: faultSchema },
          handle: async (request, ...rest) => {
            const body = await readBody(request);
            if (!body.ok) return refusal(body.failure);
            const fault = readFields(faultSchema, body.value);
            if (!fault.ok) return refusal(fault.failure);
            const set = onLeader((follower) => {
              faults.set(follower, fault.value);
              return listed(faults);
            });
            return set(request, ...rest);
          },
        },
        DELETE: {
          ...{ needs: "admin", doc: endFaultDoc },
          handle: onLeader((follower) => {
            faults.reset(follower);
            return listed(faults);
          }),
        },
      },
    },
  ];
}

/** `endsAt` is wall-clock milliseconds since 1970. */
function listed(faults: FaultControl): Answer {
  const shown = Object.entries(faults.list()).map(([follower, { fault, endsAtWall }]) => [
    follower,
    { fault, endsAt: endsAtWall },
  ]);
  return json<FaultList>({ faults: Object.fromEntries(shown) });
}
