/**
 * The page's connection: which node it belongs to, whom it listens to, and the model that grows
 * from what it hears. A follower's page hears the leader through `/nodes/<leader>/events` of its own
 * node, and knows by its own events and `/cluster` when the leader is gone.
 */
import { batch, computed, signal } from "@preact/signals";
import { addressOf, call, setOwnNode } from "../api/http.ts";
import { followNode, type StreamState } from "../api/stream.ts";
import { followVisibility } from "../api/streams.ts";
import type { ClusterView, Hello, LiveConfig, NodeEvent, SweepNews } from "../api/wire.ts";
import { longDuration } from "../lib/units.ts";
import { announce } from "./announcer.ts";
import { wordsFor } from "./feed.ts";
import { healthOf } from "./health.ts";
import { type MemberNote, Model } from "./model.ts";

export const model = new Model();

/** Grows whenever the rings of the model changed, at most once per animation frame. */
export const tick = signal(0);
/** The node that serves this page, as its last hello said. */
export const own = signal<Hello | undefined>(undefined);
export const leaderId = signal("");
export const faultsAllowed = signal(false);
export const cluster = signal<ClusterView | undefined>(undefined);
export const config = signal<LiveConfig | undefined>(undefined);
export const members = signal<Readonly<Record<string, MemberNote>>>({});
/** The sweep that runs on the leader, whoever started it. */
export const runningSweep = signal<SweepNews["running"]>(null);
export const paused = signal(false);
/** Events that wait for the end of the pause. */
export const heldBack = signal(0);

const ownStream = signal<StreamState>("connecting");
const leaderStream = signal<StreamState>("connecting");

export type Connection = "connecting" | "live" | "reconnecting" | "leader down";

export const connection = computed<Connection>(() => {
  if (ownStream.value !== "live") {
    return ownStream.value === "connecting" ? "connecting" : "reconnecting";
  }
  if (own.value?.role === "leader" || leaderStream.value === "live") return "live";
  return leaderStream.value === "connecting" ? "connecting" : "leader down";
});

export const isLeader = computed(() => own.value?.role === "leader");
export const followers = computed(() =>
  (cluster.value?.nodes ?? []).filter(({ role }) => role === "follower"),
);
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
/** The leader's wall clock, as well as this page knows it. */
export const leaderNow = (): number => Date.now() + clockAheadMs;

/** A member's change is read out while it is this young. */
const newsMs = 5000;
const pendingMax = 50_000;
let pending: { readonly event: NodeEvent; readonly source: string }[] = [];
let frameAsked = false;

/** Names whose events they are; a restarted node counts as another source. */
const sourceOf = ({ node, epoch }: Hello): string => `${node} ${epoch}`;

function take(event: NodeEvent, source: string): void {
  pending.push({ event, source });
  if (pending.length > pendingMax) pending = pending.slice(-pendingMax / 2);
  askForFrame();
}

/** Animation frames stop in a hidden tab; its events must not pile up. */
function askForFrame(): void {
  if (frameAsked) return;
  frameAsked = true;
  if (document.hidden) setTimeout(showPending, 250);
  else requestAnimationFrame(showPending);
}

function showPending(): void {
  frameAsked = false;
  if (paused.value) {
    heldBack.value = pending.length;
    return;
  }
  const events = pending;
  pending = [];
  const fresh = events
    .filter(({ event, source }) => model.apply(event, source))
    .map(({ event }) => event);
  if (fresh.length === 0) return;
  publish();
  const news = fresh.findLast(({ type }) => type === "member");
  const words = news === undefined ? undefined : wordsFor(news, () => undefined);
  // What came with the history is no news.
  if (words !== undefined && leaderNow() - (news?.at ?? 0) < newsMs) announce(words.text);
}

function publish(): void {
  batch(() => {
    tick.value++;
    if (model.cluster !== undefined) cluster.value = model.cluster;
    if (model.config !== undefined) config.value = model.config;
    members.value = model.members;
  });
}

export function setPaused(value: boolean): void {
  paused.value = value;
  heldBack.value = 0;
  if (!value) askForFrame();
}

let leaderEvents: { readonly of: string; readonly close: () => void } | undefined;
let lostAt: number | undefined;

function connect(): void {
  let source = "";
  followNode("/events", {
    hello: (hello, receivedAt) => {
      source = sourceOf(hello);
      welcome(hello, receivedAt);
    },
    state: (state) => noteConnection(() => (ownStream.value = state)),
    event: (event) => {
      // While the leader is heard, its own view is the better one.
      if (own.value?.role === "leader" || leaderStream.value === "down") take(event, source);
    },
    sweep: (news) => {
      if (own.value?.role === "leader") runningSweep.value = news.running;
    },
  });
}

function welcome(hello: Hello, receivedAt: number): void {
  setOwnNode(hello.node);
  batch(() => {
    own.value = hello;
    config.value ??= hello.config;
    if (hello.leader !== "") leaderId.value = hello.leader;
  });
  document.title = `${hello.node} · Quorum KV`;
  if (hello.role === "leader") {
    leaderGreets(hello, receivedAt);
    leaderEvents?.close();
    leaderEvents = undefined;
  } else {
    listenTo(hello.leader);
  }
  void refreshCluster();
}

function listenTo(leader: string): void {
  if (leader === "" || leaderEvents?.of === leader) return;
  leaderEvents?.close();
  let source = "";
  const close = followNode(addressOf("/events", leader), {
    hello: (hello, receivedAt) => {
      source = sourceOf(hello);
      leaderGreets(hello, receivedAt);
    },
    state: (state) => noteConnection(() => (leaderStream.value = state)),
    event: (event) => take(event, source),
    sweep: (news) => {
      runningSweep.value = news.running;
    },
  });
  leaderEvents = { of: leader, close };
}

function leaderGreets(hello: Hello, receivedAt: number): void {
  clockAheadMs = hello.now - receivedAt;
  model.greeted(sourceOf(hello), hello);
  batch(() => {
    leaderId.value = hello.node;
    faultsAllowed.value = hello.faults;
    config.value = hello.config;
    // A sweep that runs is told of next.
    runningSweep.value = null;
  });
}

/** The feed says how long the page was cut off. */
function noteConnection(change: () => void): void {
  const before = connection.value;
  change();
  const after = connection.value;
  // A tab that was hidden opens its streams anew, which is no news.
  if (before === after || after === "connecting") return;
  const now = leaderNow();
  if (after === "live" && lostAt !== undefined) {
    model.note(now, "plain", `Heard again after ${longDuration(now - lostAt)}.`);
    lostAt = undefined;
  } else if (before === "live") {
    lostAt = now;
    const whom = after === "leader down" ? leaderId.value : own.value?.node;
    model.note(now, "bad", `No events from ${whom}; trying again.`);
  }
  tick.value++;
}

/** Asks the page's own node; it answers with what it knows by itself where the leader is silent. */
async function refreshCluster(): Promise<void> {
  const answer = await call<ClusterView>("/cluster");
  if (!answer.ok) return;
  batch(() => {
    if (answer.value.leader !== "") leaderId.value = answer.value.leader;
    if (cluster.value === undefined || !answer.value.fromLeader || connection.value !== "live") {
      cluster.value = answer.value;
    }
  });
  if (own.value?.role === "follower") listenTo(answer.value.leader);
}

const fallbackEveryMs = 2000;

/** Starts everything. */
export function start(): void {
  followVisibility();
  connect();
  setInterval(() => {
    if (document.hidden) return;
    const leaderless = own.value?.role === "follower" && leaderEvents === undefined;
    if (connection.value === "leader down" || leaderless) void refreshCluster();
  }, fallbackEveryMs);
}
