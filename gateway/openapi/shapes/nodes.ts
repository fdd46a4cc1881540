/** What nodes answer about themselves and their cluster. */
import { z } from "zod";
import type {
  ClusterView,
  LiveConfig,
  MemberState,
  MemberView,
  NextLeader,
  NodeStatus,
  Role,
} from "../../../src/node/api.ts";
import { type Described, exactly } from "../terms/exactly.ts";
import { digest, figure, flag, instant, nodeId, quorum, text, whole } from "./fields.ts";

export const role = exactly<Role>()(z.enum(["leader", "candidate", "follower"])).meta({
  description: "Of the node. A candidate stands for election.",
});
export const leader = text("The id of the leader; empty while it is unknown.");
export const epoch = whole("The number of the leadership.");
const last = whole("The highest sequence in the log.");
const committed = whole("The highest sequence up to which every entry is settled.");

const delayRange = z.object({
  minDelayMs: figure("Milliseconds."),
  maxDelayMs: figure("Milliseconds."),
});
const live = {
  writeQuorum: quorum,
  minDelay: figure("Milliseconds that each entry is held back at least on its way to a follower."),
  maxDelay: figure("Milliseconds that each entry is held back at most."),
  followerDelays: z
    .record(z.string(), delayRange)
    .meta({ description: "By id: followers whose delay differs from the general one." }),
};
export const liveConfig = exactly<LiveConfig>()(z.object(live)).meta({
  id: "Settings",
  description: "The settings in force that may change while the cluster runs.",
});

const cluster = z
  .object({
    id: text("32 hexadecimal digits."),
    confirmed: flag("All nodes have held it at the same time: it never changes again."),
  })
  .nullable()
  .meta({ description: "Which cluster the node belongs to. Null: to none yet." });

const reasons = z.array(z.string()).meta({ description: "Why it is not; empty when it is." });
const status = z.object({
  id: nodeId,
  role,
  leader,
  epoch,
  last,
  committed,
  applied: whole("The highest sequence that reads at this node show."),
  digest: digest("A checksum of the whole store, whatever its order of writes."),
  keys: whole("How many keys the store has."),
  uptimeSeconds: figure("Seconds since the process started."),
  cluster,
  config: z
    .object({ ...live, timeout: whole("Milliseconds that a write waits for its quorum.") })
    .meta({ description: "The settings in force." }),
  ready: flag("The node is ready for all its calls."),
  reasons,
});
export const nodeStatus = exactly<NodeStatus & { readonly insecure: boolean }>()(
  status.extend({ insecure: flag("Other machines reach it without TLS and tokens.") }),
).meta({ id: "Status", description: "The state of one node." });
export type Status = Described<typeof nodeStatus>;

const unknownWith = (what: string) => `${what} Null where the node that answers cannot know.`;
const memberState = exactly<MemberState>()(
  z.enum(["live", "syncing", "unreachable", "unknown"]),
).meta({ description: "Live members count for the quorum; a syncing one receives a snapshot." });
const member = exactly<MemberView>()(
  z.object({
    id: nodeId,
    role,
    url: text("Where clients reach its gateway; empty while unknown."),
    state: memberState,
    acked: whole(unknownWith("Highest sequence with every entry up to it acked.")).nullable(),
    applied: whole(unknownWith("Highest sequence that its reads show.")).nullable(),
    lag: whole(unknownWith("Entries that it lacks.")).nullable(),
    lagMs: figure(unknownWith("Age of the oldest entry that it lacks, in ms.")).nullable(),
    digestMatch: flag(
      "Whether its digest at the same place is the leader's. Null while that is unknown.",
    ).nullable(),
    lastContactMs: figure("Milliseconds since the last sign of life. Null: never.").nullable(),
    incarnation: text("Changes at each start of its process; empty while unknown."),
    storageFault: text("Why its storage refuses to flush; empty while it does not."),
    refusal: text("Why it refuses to follow the leader; empty while it does not."),
  }),
).meta({ id: "Member", description: "A node as the leader sees it." });

const settingsChange = z
  .object({
    changedBy: text("The id of the leader that took the change."),
    changedEpoch: epoch,
    changedAt: instant("When"),
  })
  .nullable()
  .meta({ description: "The last change of the settings. Null: there was none." });
const survives = z
  .object({
    elect: whole("Nodes that may still fail before no leader can be elected."),
    write: whole("Nodes that may still fail before no write settles."),
    read: whole("Nodes that may still fail before the leader answers no reads."),
    sentence: text("The same for a person."),
  })
  .nullable()
  .meta({ description: "Null with FAILOVER=0, and in a view that the leader did not make." });
export const clusterView = exactly<ClusterView>()(
  z.object({
    leader,
    servedBy: text("The id of the node that made this view."),
    fromLeader: flag("False: the leader did not answer, and a follower tells what it knows."),
    epoch,
    last,
    committed,
    writeQuorum: quorum,
    settings: settingsChange,
    leaderSince: instant(
      "Since when the leader leads. Null in a view that it did not make",
    ).nullable(),
    survives,
    cluster,
    nodes: z.array(member),
  }),
).meta({ id: "Cluster", description: "Every node, as the leader sees it." });

export const nextLeader = exactly<NextLeader>()(z.object({ leader: nodeId, epoch })).meta({
  id: "NextLeader",
  description: "Who leads afterwards.",
});

export const liveness = z
  .object({ status: z.literal("ok") })
  .meta({ id: "Liveness", description: "The process is alive." });
export const readiness = z
  .object({
    ready: flag("Whether the node can be sent such calls."),
    reasons: reasons.optional(),
    survives: text("From an elected leader: how many more nodes may fail, in words.").optional(),
  })
  .meta({ id: "Readiness", description: "Without a token, where nodes have them, `ready` alone." });
export type Readiness = Described<typeof readiness>;
