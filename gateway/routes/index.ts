/** Every call of the API. The busiest ones come first, because Express tries them in this order. */
import type { Context } from "../context.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Peers } from "../peers.ts";
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

/** Every endpoint of the gateway but those of sweeps. */
export const endpoints = (
  context: Context,
  { peers, sweeps }: { readonly peers: Peers; readonly sweeps: Sweeps },
): readonly Endpoint[] => [
  readEndpoint(context),
  ...writeEndpoints(context),
  ...statusEndpoints(context),
  clusterEndpoint(context, peers),
  configEndpoint(context),
  leaderEndpoint(context),
  eventsEndpoint(context, sweeps),
  watchEndpoint(context),
  sessionEndpoint(context),
  ...faultsEndpoints(context),
  ...controlEndpoints(context),
];
