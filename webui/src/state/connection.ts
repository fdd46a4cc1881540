/**
 * Connects the page to the cluster: it follows the events of its own node and, on a follower's page,
 * those of the leader through `/nodes/<leader>/events` of that node. What arrives goes into the model
 * and the signals of `live.ts`. Its own node's events say who leads: when that is another node, the page
 * follows that one, and keeps what it shows.
 */
import { batch } from "@preact/signals";
import { addressOf, call, setOwnNode } from "../api/http.ts";
import { followNode } from "../api/stream.ts";
import { followVisibility } from "../api/streams.ts";
import type { ClusterView, Hello, NodeEvent, NodeStatus } from "../api/wire.ts";
import { longDuration } from "../lib/units.ts";
import { take } from "./arrivals.ts";
import {
  cluster,
  config,
  connection,
  controlAllowed,
  faultsAllowed,
  isLeader,
  isLeaderless,
  leaderId,
  leaderNow,
  leaderStream,
  model,
  own,
  ownStream,
  runningSweep,
  setLeaderClock,
  tick,
} from "./live.ts";
import { watchElections } from "./roll-call.ts";

/** Without a leader's events the page asks its own node this often. */
const fallbackEveryMs = 2000;

/** A greeting, and this browser's wall clock when it came, ms. */
interface Greeting {
  readonly hello: Hello;
  readonly receivedAt: number;
}

/** The stream of the leader, on a follower's page: whose it is, and how to close it. */
let leaderEvents: { readonly of: string; readonly close: () => void } | undefined;
/** The leader's wall clock when the connection was lost. */
let lostAt: number | undefined;

/** Opens the streams and keeps them open. Called once, when the page starts. */
export function connect(): void {
  followVisibility();
  followOwnNode();
  watchElections((leader) => {
    leaderId.value = leader;
    followWhoLeads();
  });
  setInterval(() => {
    if (!document.hidden && connection.value === "leader down") void refreshCluster();
  }, fallbackEveryMs);
}

/** Names whose events they are. A new process may have another clock, so it counts as another source. */
const sourceOf = ({ node, startedAt }: Hello): string => `${node} ${startedAt}`;

/** These events arrive without a leader too; on a follower's page the leader's are used if they arrive. */
function followOwnNode(): void {
  let greeting: Greeting | undefined;
  followNode("/events", {
    hello: (hello, receivedAt) => {
      greeting = { hello, receivedAt };
      welcome(greeting);
    },
    state: (state) => noteConnection(() => (ownStream.value = state)),
    event: (event) => {
      if (greeting === undefined) return;
      const told = toldBy(event, greeting.hello);
      if (told !== undefined) ownNodeTells(told, greeting);
      // While the leader's events arrive, its own view is the better one.
      const isWanted = isLeader.value || leaderStream.value === "down" || event.type === "leader";
      if (isWanted) take(event, sourceOf(greeting.hello));
    },
    sweep: (news) => {
      if (isLeader.value) runningSweep.value = news.running;
    },
  });
}

/** The page's own node may have restarted, or have become leader or follower since its last greeting. */
function welcome({ hello, receivedAt }: Greeting): void {
  setOwnNode(hello.node);
  noteConnection(() =>
    batch(() => {
      own.value = hello;
      config.value ??= hello.config;
      faultsAllowed.value = hello.faults;
      controlAllowed.value = hello.control;
      if (hello.leader !== "") leaderId.value = hello.leader;
    }),
  );
  document.title = `${hello.node} · Quorum KV`;
  followWhoLeads();
  if (hello.role === "leader") leaderGreets({ hello, receivedAt });
  else void refreshCluster();
}

/** What a node tells of who leads, in an event that is newer than its greeting. */
type Told = Pick<Hello, "role" | "leader" | "epoch">;

function toldBy(event: NodeEvent, { now }: Hello): Told | undefined {
  if (event.at < now) return undefined;
  if (event.type === "leader") return event;
  if (event.type !== "cluster") return undefined;
  const { leader, epoch, nodes, servedBy } = event.cluster;
  return { leader, epoch, role: nodes.find(({ id }) => id === servedBy)?.role ?? "follower" };
}

/** The page's own node leads now, leads no more, or follows another leader. */
function ownNodeTells({ role, leader, epoch }: Told, { hello, receivedAt }: Greeting): void {
  const known = own.value;
  if (known?.role === role && known.leader === leader && known.epoch === epoch) return;
  const leadsAnew = role === "leader" && (known?.role !== "leader" || known.epoch !== epoch);
  noteConnection(() =>
    batch(() => {
      own.value = { ...hello, role, leader, epoch };
      if (leader !== "") leaderId.value = leader;
    }),
  );
  followWhoLeads();
  if (leadsAnew) void askNewLeader({ hello, receivedAt });
}

/** On the leader's own page no other stream is needed; without a leader there is none to follow. */
function followWhoLeads(): void {
  const leads = isLeader.value;
  if (!leads && leaderId.value !== "" && leaderId.value !== own.value?.node) {
    followLeader(leaderId.value);
    return;
  }
  leaderEvents?.close();
  leaderEvents = undefined;
  noteConnection(() => (leaderStream.value = leads ? "connecting" : "down"));
}

/** Does nothing where that leader is followed already. The stream counts as live while its node leads. */
function followLeader(leader: string): void {
  if (leaderEvents?.of === leader) return;
  leaderEvents?.close();
  let greeting: Greeting | undefined;
  let leads = false;
  const leadsNow = (value: boolean) => {
    leads = value;
    noteConnection(() => (leaderStream.value = value ? "live" : "down"));
  };
  const close = followNode(addressOf("/events", leader), {
    hello: (hello, receivedAt) => {
      greeting = { hello, receivedAt };
      leads = hello.role === "leader";
      if (leads) leaderGreets(greeting);
    },
    state: (state) => {
      if (state !== "live" || leads) noteConnection(() => (leaderStream.value = state));
    },
    event: (event) => {
      if (greeting === undefined) return;
      const told = toldBy(event, greeting.hello);
      if (told !== undefined && (told.role === "leader") !== leads) {
        leadsNow(told.role === "leader");
        if (leads) void askNewLeader(greeting);
      }
      // As a follower it saw less of the cluster.
      if (event.type !== "cluster" || event.cluster.fromLeader)
        take(event, sourceOf(greeting.hello));
    },
    sweep: (news) => {
      runningSweep.value = news.running;
    },
  });
  leaderEvents = { of: leader, close };
}

/** A node that has become leader since it greeted is asked for the settings in force. */
async function askNewLeader({ hello, receivedAt }: Greeting): Promise<void> {
  const status = await call<NodeStatus>(addressOf("/status", hello.node));
  if (!status.ok || status.value.role !== "leader" || leaderId.value !== hello.node) return;
  const { epoch, config: settings } = status.value;
  leaderGreets({ hello: { ...hello, epoch, config: settings }, receivedAt });
}

/** A leader's greeting is newer than all that is known: its settings count, and its clock. */
function leaderGreets({ hello, receivedAt }: Greeting): void {
  setLeaderClock(hello.now, receivedAt);
  model.greeted(sourceOf(hello), hello);
  batch(() => {
    leaderId.value = hello.node;
    config.value = hello.config;
    // The event that follows names the running sweep, if there is one.
    runningSweep.value = null;
  });
  void refreshCluster();
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
    model.note(now, "bad", lossInWords());
  }
  tick.value++;
}

function lossInWords(): string {
  if (isLeaderless.value) return "No leader is known; waiting for one.";
  const silent = connection.value === "leader down" ? leaderId.value : own.value?.node;
  return `No events from ${silent}; trying to reconnect.`;
}

/** Asks the page's own node, which reports what it knows itself where the leader does not answer. */
async function refreshCluster(): Promise<void> {
  const answer = await call<ClusterView>("/cluster");
  if (!answer.ok) return;
  if (cluster.value === undefined || !answer.value.fromLeader || connection.value !== "live")
    cluster.value = answer.value;
}
