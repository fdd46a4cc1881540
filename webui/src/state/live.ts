/**
 * What the page knows now, as signals that components read. `connection.ts` fills them from event
 * streams; nothing here asks a node for anything, apart from a change of the settings.
 */
import { computed, signal } from "@preact/signals";
import { type Answer, addressOf, call, type Problem, type Request } from "../api/http.ts";
import type { StreamState } from "../api/shared-stream.ts";
import type { ClusterView, Hello, LiveConfig, NodeStatus, SweepNews } from "../api/wire.ts";
import type { Leadership } from "./feed.ts";
import { healthOf } from "./health.ts";
import { type MemberNote, Model } from "./model.ts";

/** Events of the past: writes, rates, lags, the feed. It changes in place; `tick` says when. */
export const model = new Model();

/** Grows whenever `model` has changed, at most once per animation frame. */
export const tick = signal(0);

/** The node that serves this page, as its newest greeting describes it. */
export const own = signal<Hello | undefined>(undefined);

/** Empty until a node has named a leader; then the last one named, whether it still leads or not. */
export const leaderId = signal("");

/** Whether the cluster was started so that link faults can be set. */
export const faultsAllowed = signal(false);

/** Whether the cluster was started so that processes can be stopped and started. */
export const controlAllowed = signal(false);

export const cluster = signal<ClusterView | undefined>(undefined);

/** The settings in force, of the leader that was heard last. */
export const config = signal<LiveConfig | undefined>(undefined);

/** Who leads, as a leader told last of itself; its `since` is that leader's wall clock, ms. */
export const leadership = signal<Leadership>(model.leadership);

export const members = signal<Readonly<Record<string, MemberNote>>>({});

/** The sweep that runs on the leader, whoever started it; null when none does. */
export const runningSweep = signal<SweepNews["running"]>(null);

/** While true, events are collected but not shown. */
export const paused = signal(false);

/** Events that wait for the end of the pause. */
export const heldBack = signal(0);

export const ownStream = signal<StreamState>("connecting");

/** The leader's events, which a follower's page receives through its own node. */
export const leaderStream = signal<StreamState>("connecting");

/** Whether this page is served by the leader. */
export const isLeader = computed(() => own.value?.role === "leader");

type Connection = "connecting" | "live" | "reconnecting" | "leader down";

/** "reconnecting": the page's own node is silent. "leader down": it answers, the leader does not. */
export const connection = computed<Connection>(() => {
  if (ownStream.value !== "live") {
    return ownStream.value === "connecting" ? "connecting" : "reconnecting";
  }
  if (isLeader.value || leaderStream.value === "live") return "live";
  return leaderStream.value === "connecting" ? "connecting" : "leader down";
});

/** Whether no leader is heard, and the page's own node knows of none. */
export const isLeaderless = computed(
  () => connection.value === "leader down" && own.value?.leader === "",
);

/**
 * What the other nodes answered when the page last asked each of them; undefined: no answer. Empty while a
 * leader is heard.
 */
export const rollCall = signal<Readonly<Record<string, NodeStatus | undefined>>>({});

/** A leader that is lost is no follower until it says so itself. */
export const followers = computed(() =>
  (cluster.value?.nodes ?? []).filter(
    ({ id, role }) =>
      role !== "leader" &&
      (!isLeaderless.value || id !== leaderId.value || rollCall.value[id] !== undefined),
  ),
);

/** Every node in an order that does not depend on who leads. */
export const nodeIds = computed(() =>
  (cluster.value?.nodes ?? [])
    .map(({ id }) => id)
    .sort((one, other) => one.localeCompare(other, "en", { numeric: true })),
);

export const liveFollowers = computed(() =>
  followers.value.filter(({ state }) => state === "live"),
);

/** Undefined until any node has reported one. */
export const quorumInForce = computed(
  () => config.value?.writeQuorum ?? cluster.value?.writeQuorum ?? own.value?.config.writeQuorum,
);

export const health = computed(() =>
  cluster.value === undefined
    ? undefined
    : healthOf(cluster.value, quorumInForce.value ?? cluster.value.writeQuorum),
);

/** The leader's wall clock minus this browser's, ms. */
let clockAheadMs = 0;

/** The leader's wall clock in ms, as well as this page knows it. */
export const leaderNow = (): number => Date.now() + clockAheadMs;

/** `receivedAt`: this browser's wall clock at the moment when the leader's said `leaderAt`. */
export function setLeaderClock(leaderAt: number, receivedAt: number): void {
  clockAheadMs = leaderAt - receivedAt;
}

/** The page's own node forwards it to whoever leads, and waits for a leader while there is none. */
export const theLeader = "@leader";

/**
 * Calls the leader. A node that no longer leads has changed nothing, so the one that leads now is called
 * instead.
 */
export async function callLeader<T>(path: string, request: Request = {}): Promise<Answer<T>> {
  const node = connection.value === "live" ? leaderId.value : theLeader;
  const answer = await call<T>(addressOf(path, node), request);
  const isWrong = !answer.ok && answer.problem.code === "NOT_LEADER";
  return isWrong ? await call<T>(addressOf(path, theLeader), request) : answer;
}

/** Changes settings for the whole cluster, at the leader. Undefined when done, else the refusal. */
export async function changeConfig(change: Partial<LiveConfig>): Promise<Problem | undefined> {
  const answer = await callLeader<LiveConfig>("/config", {
    method: "PATCH",
    body: JSON.stringify(change),
  });
  if (!answer.ok) return answer.problem;
  config.value = answer.value;
  return undefined;
}
