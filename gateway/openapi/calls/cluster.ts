/** /status, /cluster, /config, /leader, probes and figures. */

import { nodeEvents } from "../shapes/events.ts";
import { plainText } from "../shapes/keys.ts";
import {
  clusterView,
  liveConfig,
  liveness,
  nextLeader,
  nodeStatus,
  readiness,
} from "../shapes/nodes.ts";
import { type CallDoc, leaderRefusals } from "../terms/call-doc.ts";
import { readyQueryDoc } from "../terms/parameters.ts";

export const statusDoc: CallDoc = {
  id: "status",
  tag: "Cluster",
  summary: "The state of this node",
  examples: { plain: { summary: "This node", status: 200 } },
  answers: { 200: { description: "The node.", shape: nodeStatus } },
};

export const clusterDoc: CallDoc = {
  id: "cluster",
  tag: "Cluster",
  summary: "Every node, as the leader sees it",
  description:
    "A follower asks the leader. Without its answer it tells what it knows by itself: `fromLeader` is false.",
  examples: { plain: { summary: "All nodes", status: 200 } },
  answers: { 200: { description: "All nodes.", shape: clusterView } },
};

export const configDoc: CallDoc = {
  id: "changeConfig",
  tag: "Cluster",
  summary: "Change settings while the cluster runs",
  description: "Leader only. What the body does not name stays as it is. The next leader keeps it.",
  examples: {
    quorum: {
      summary: "Wait for one follower",
      status: 200,
      body: { writeQuorum: 1 },
      answer: { writeQuorum: 1, minDelay: 0, maxDelay: 0, followerDelays: {} },
    },
    delays: {
      summary: "A simulated network",
      status: 200,
      body: {
        ...{ minDelay: 0, maxDelay: 2 },
        followerDelays: { follower2: { minDelayMs: 1, maxDelayMs: 5 } },
      },
    },
    wrong: { summary: "A range that is none", status: 400, body: { minDelay: 10, maxDelay: 5 } },
  },
  answers: { 200: { description: "The settings now in force.", shape: liveConfig } },
  refusals: [...leaderRefusals, "RECOVERING", "QUORUM_UNAVAILABLE", "OUTCOME_UNKNOWN"],
};

export const leaderDoc: CallDoc = {
  id: "moveLeader",
  tag: "Cluster",
  summary: "Move leadership to another node",
  description: "Leader only, with FAILOVER=1. Without `to`: to the node that LEADER names.",
  examples: {
    other: {
      summary: "To a follower",
      status: 200,
      body: { to: "follower1" },
      answer: { leader: "follower1", epoch: 12 },
    },
  },
  answers: { 200: { description: "Who leads now.", shape: nextLeader } },
  refusals: [...leaderRefusals, "RECOVERING"],
};

export const eventsDoc: CallDoc = {
  id: "events",
  tag: "Streams",
  summary: "What happens on this node, for live pages",
  description:
    "`hello` first, then a short history, then each event as it happens. A client that reconnects gets the history again.",
  examples: { plain: { summary: "This node", status: 200 } },
  answers: {
    200: {
      description: "A stream that lasts until one side ends it.",
      contentType: "text/event-stream; charset=utf-8",
      events: nodeEvents,
      headers: ["X-Accel-Buffering"],
    },
  },
};

export const liveDoc: CallDoc = {
  id: "livez",
  tag: "Monitoring",
  summary: "Whether the process is alive",
  examples: { plain: { summary: "This node", status: 200, answer: { status: "ok" } } },
  answers: { 200: { description: "It is.", shape: liveness } },
};

export const readyDoc: CallDoc = {
  id: "readyz",
  tag: "Monitoring",
  summary: "Whether clients may use the node",
  query: readyQueryDoc,
  examples: {
    all: { summary: "For all calls", status: 200 },
    reads: { summary: "For reads", status: 200, query: { for: "reads" } },
  },
  answers: {
    200: { description: "They may.", shape: readiness },
    503: { description: "They may not.", shape: readiness },
  },
};

export const metricsDoc: CallDoc = {
  id: "metrics",
  tag: "Monitoring",
  summary: "Figures for Prometheus",
  headers: ["Accept-Encoding"],
  examples: { plain: { summary: "All figures", status: 200 } },
  answers: {
    200: {
      description: "In the text format of Prometheus.",
      contentType: "text/plain; version=0.0.4; charset=utf-8",
      shape: plainText,
    },
  },
};
