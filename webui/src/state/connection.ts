/**
 * Connects the page to the cluster: it follows the events of its own node and, on a follower's page,
 * those of the leader through `/nodes/<leader>/events` of that node. What arrives goes into the model
 * and the signals of `live.ts`. The page notices by its own node's events and `/cluster` that the
 * leader is gone.
 */
import { batch } from "@preact/signals";
import { addressOf, call, setOwnNode } from "../api/http.ts";
import { followNode } from "../api/stream.ts";
import { followVisibility } from "../api/streams.ts";
import type { ClusterView, Hello, NodeEvent } from "../api/wire.ts";
import { longDuration } from "../lib/units.ts";
import { announce, wordsFor } from "./feed.ts";
import {
  cluster,
  config,
  connection,
  faultsAllowed,
  heldBack,
  isLeader,
  leaderId,
  leaderNow,
  leaderStream,
  members,
  model,
  own,
  ownStream,
  paused,
  runningSweep,
  setLeaderClock,
  tick,
} from "./live.ts";

/** A member's change is read out while it is this young. */
const newsMs = 5000;
/** Events that a paused or hidden page keeps; of more, the older half is dropped. */
const pendingMax = 50_000;
/** Without a leader's events the page asks its own node this often. */
const fallbackEveryMs = 2000;

/** Events that wait for the next animation frame, oldest first. */
let pending: { readonly event: NodeEvent; readonly source: string }[] = [];
let frameAsked = false;
/** The stream of the leader, on a follower's page: whose it is, and how to close it. */
let leaderEvents: { readonly of: string; readonly close: () => void } | undefined;
/** The leader's wall clock when the connection was lost. */
let lostAt: number | undefined;

/** Opens the streams and keeps them open. Called once, when the page starts. */
export function connect(): void {
  followVisibility();
  followOwnNode();
  setInterval(() => {
    if (document.hidden) return;
    const leaderless = own.value?.role === "follower" && leaderEvents === undefined;
    if (connection.value === "leader down" || leaderless) void refreshCluster();
  }, fallbackEveryMs);
}

/** Stops showing events, or shows those that came meanwhile and goes on. */
export function setPaused(value: boolean): void {
  paused.value = value;
  heldBack.value = 0;
  if (!value) askForFrame();
}

/** Names whose events they are. A new epoch has a clock of its own, so it counts as another source. */
const sourceOf = ({ node, epoch }: Hello): string => `${node} ${epoch}`;

/** A frame may bring hundreds of events; they are applied together, and drawn once. */
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

/** Applies the events that wait, unless the page is paused, and announces a change of a node. */
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
  // Replayed history is not read out.
  if (words !== undefined && leaderNow() - (news?.at ?? 0) < newsMs) announce(words.text);
}

/** All signals change at once, so that components see one state. */
function publish(): void {
  batch(() => {
    tick.value++;
    if (model.cluster !== undefined) cluster.value = model.cluster;
    if (model.config !== undefined) config.value = model.config;
    members.value = model.members;
  });
}

/** These events arrive without a leader too; on a follower's page the leader's are used if they arrive. */
function followOwnNode(): void {
  let source = "";
  followNode("/events", {
    hello: (hello, receivedAt) => {
      source = sourceOf(hello);
      welcome(hello, receivedAt);
    },
    state: (state) => noteConnection(() => (ownStream.value = state)),
    event: (event) => {
      // While the leader's events arrive, its own view is the better one.
      if (isLeader.value || leaderStream.value === "down") take(event, source);
    },
    sweep: (news) => {
      if (isLeader.value) runningSweep.value = news.running;
    },
  });
}

/** The page's own node may have restarted, or have become leader or follower since its last greeting. */
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
    followLeader(hello.leader);
  }
  void refreshCluster();
}

/** Does nothing where that leader is followed already. */
function followLeader(leader: string): void {
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

/** A leader's greeting is newer than all that is known: its settings count, and its clock. */
function leaderGreets(hello: Hello, receivedAt: number): void {
  setLeaderClock(hello.now, receivedAt);
  model.greeted(sourceOf(hello), hello);
  batch(() => {
    leaderId.value = hello.node;
    faultsAllowed.value = hello.faults;
    config.value = hello.config;
    // The event that follows names the running sweep, if there is one.
    runningSweep.value = null;
  });
}

/** Writes a line into the feed when the connection is lost, and how long it was lost. */
function noteConnection(change: () => void): void {
  const before = connection.value;
  change();
  const after = connection.value;
  // A tab that was hidden opens its streams anew; nothing was lost.
  if (before === after || after === "connecting") return;
  const now = leaderNow();
  if (after === "live" && lostAt !== undefined) {
    model.note(now, "plain", `Events arrive again after ${longDuration(now - lostAt)}.`);
    lostAt = undefined;
  } else if (before === "live") {
    lostAt = now;
    const silent = after === "leader down" ? leaderId.value : own.value?.node;
    model.note(now, "bad", `No events from ${silent}; trying to reconnect.`);
  }
  tick.value++;
}

/** Asks the page's own node, which reports what it knows itself where the leader does not answer. */
async function refreshCluster(): Promise<void> {
  const answer = await call<ClusterView>("/cluster");
  if (!answer.ok) return;
  batch(() => {
    if (answer.value.leader !== "") leaderId.value = answer.value.leader;
    if (cluster.value === undefined || !answer.value.fromLeader || connection.value !== "live") {
      cluster.value = answer.value;
    }
  });
  if (own.value?.role === "follower") followLeader(answer.value.leader);
}
