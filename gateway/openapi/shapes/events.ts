/** The events of `GET /events`, by name. */
import { z } from "zod";
import type { NodeEvent } from "../../../src/node/api.ts";
import { type Described, exactly } from "../terms/exactly.ts";
import { figure, flag, instant, nodeId, quorum, text, whole } from "./fields.ts";
import { ackTrace } from "./keys.ts";
import { clusterView, epoch, leader, liveConfig, nodeStatus, role } from "./nodes.ts";
import { progress, sweepOptions } from "./sweeps.ts";

const at = instant("When it happened");
const sequence = whole("The entry.");
const perSecond = (what: string) => whole(`${what} in the last second.`);
const quantile = figure("Milliseconds. Null: no write was answered in that second.").nullable();

type Told<Name extends NodeEvent["type"]> = Extract<NodeEvent, { readonly type: Name }>;

const write = exactly<Told<"write">>()(
  z.object({
    type: z.literal("write"),
    at,
    sequence,
    keys: z.array(z.string()).meta({ description: "Those that the caller may touch." }),
    kind: z.enum(["put", "delete", "batch"]),
    quorum,
  }),
).meta({ id: "WriteEvent", description: "The leader has taken a write." });
const ack = exactly<Told<"ack">>()(
  z.object({ type: z.literal("ack"), at, sequence, ...ackTrace.shape }),
).meta({ id: "AckEvent", description: "A follower has the entry on its disk." });
const settled = exactly<Told<"settled">>()(
  z.object({
    type: z.literal("settled"),
    at,
    sequence,
    quorum,
    latencyMs: figure("Milliseconds from the proposal until the entry settled."),
  }),
).meta({ id: "SettledEvent", description: "The entry has its quorum." });
const unknown = exactly<Told<"unknown">>()(
  z.object({ type: z.literal("unknown"), at, sequence, quorum, acks: z.array(nodeId) }),
).meta({ id: "UnknownEvent", description: "The deadline passed before the entry settled." });
const cluster = exactly<Told<"cluster">>()(
  z.object({ type: z.literal("cluster"), at, cluster: clusterView }),
).meta({ id: "ClusterEvent", description: "The state of all nodes, as it changes." });
const config = exactly<Told<"config">>()(
  z.object({ type: z.literal("config"), at, config: liveConfig }),
).meta({ id: "ConfigEvent", description: "Other settings are in force." });
const leads = exactly<Told<"leader">>()(
  z.object({ type: z.literal("leader"), at, role, leader, epoch }),
).meta({ id: "LeaderEvent", description: "This node's role or its leader is another one now." });
const member = exactly<Told<"member">>()(
  z.object({
    type: z.literal("member"),
    at,
    id: nodeId,
    state: z.enum(["live", "syncing", "unreachable"]),
    restarted: flag("A new process answers under that id."),
  }),
).meta({ id: "MemberEvent", description: "The state of a follower is another one now." });
const rate = exactly<Told<"rate">>()(
  z.object({
    type: z.literal("rate"),
    at,
    writes: perSecond("Writes"),
    acks: z.record(z.string(), z.number()).meta({ description: "Acks by follower." }),
    p50: quantile,
    p95: quantile,
    p99: quantile,
    refused: z
      .record(z.string(), z.number())
      .meta({ description: "Writes that were refused, by error code; nothing was written." }),
    unknown: perSecond("Writes whose deadline passed"),
    unshown: perSecond("Writes without events of their own"),
  }),
).meta({ id: "RateEvent", description: "Once a second while anything is written." });

const hello = z
  .object({
    node: nodeId,
    role,
    leader,
    epoch,
    config: nodeStatus.shape.config,
    faults: flag("Link faults can be set."),
    control: flag("Processes can be stopped and started."),
    startedAt: instant("When the process began to serve"),
    now: instant("The clock of the node"),
  })
  .meta({ id: "HelloEvent", description: "The first event of every stream." });
export type Hello = Described<typeof hello>;

const sweep = z
  .object({
    at,
    running: z
      .object({ id: text("The id of the sweep."), options: sweepOptions, progress })
      .nullable()
      .meta({ description: "Null: no sweep runs." }),
  })
  .meta({ id: "SweepEvent", description: "A sweep has started, gone on or ended." });
export type SweepNews = Described<typeof sweep>;

export const nodeEvents = {
  hello,
  sweep,
  ...{ write, ack, settled, unknown, cluster, config, leader: leads, member, rate },
} satisfies Record<NodeEvent["type"] | "hello" | "sweep", z.ZodType>;
