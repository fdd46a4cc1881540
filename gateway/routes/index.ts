/** Every call of the API. The busiest ones come first, because Express tries them in this order. */
import type { Agent } from "node:http";
import type { Context } from "../context.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Sweeps } from "../sweeps/sweeps.ts";
import { clusterEndpoint } from "./cluster.ts";
import { configEndpoint } from "./config.ts";
import { controlEndpoints } from "./control.ts";
import { eventsEndpoint } from "./events.ts";
import { faultsEndpoints } from "./faults.ts";
import { leaderEndpoint } from "./leader.ts";
import { readEndpoint } from "./read.ts";
import { sessionEndpoint } from "./session.ts";
import { statusEndpoints } from "./status.ts";
import { watchEndpoint } from "./watch.ts";
import { writeEndpoints } from "./write.ts";

/** `agent` keeps the connections on which this gateway asks others. */
export const endpoints = (
  context: Context,
  { agent, sweeps }: { readonly agent: Agent; readonly sweeps: Sweeps },
): readonly Endpoint[] => [
  readEndpoint(context),
  ...writeEndpoints(context),
  ...statusEndpoints(context),
  clusterEndpoint(context, agent),
  configEndpoint(context),
  leaderEndpoint(context),
  eventsEndpoint(context, sweeps),
  watchEndpoint(context),
  sessionEndpoint(context),
  ...faultsEndpoints(context),
  ...controlEndpoints(context),
];
