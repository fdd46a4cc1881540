/**
 * Always visible, on top: which node serves the page, how the cluster is, whether the page is live, the
 * write quorum in force, and the way to the other views. It stays in place while the page scrolls.
 */
import { useHeightAs } from "../lib/hooks.ts";
import { count, timeToSecond } from "../lib/units.ts";
import { setPaused } from "../state/arrivals.ts";
import {
  connection,
  faultsAllowed,
  health,
  heldBack,
  isLeader,
  leaderId,
  leadership,
  own,
  paused,
} from "../state/live.ts";
import { nextTheme, theme } from "../state/preferences.ts";
import { go, route, toggleFaults, type View, views } from "../state/route.ts";
import { mayAdminister } from "../state/session.ts";
import { markFor } from "../ui/mark.tsx";
import { RouteLink } from "../ui/route-link.tsx";
import { QuorumControl } from "./quorum-control.tsx";
import { Who } from "./who.tsx";

/** Its height depends on the width of the page; what sticks below it reads the height from CSS. */
export function Header() {
  const measure = useHeightAs("--top-height");
  return (
    <header class="top" ref={measure}>
      <div class="top-row">
        <Identity />
        <Health />
        <LiveButton />
        <QuorumControl />
        <Tools />
        <Who />
      </div>
      <Tabs />
    </header>
  );
}

/** Follower pages carry the colour of their follower, so that tabs of several nodes can be told apart. */
function Identity() {
  const node = own.value;
  const isLeader = node?.role === "leader";
  const mark = node === undefined || isLeader ? "" : `follower-${markFor(node.node).colour}`;
  return (
    <div class={`identity ${mark}`}>
      <span class="product">Quorum KV</span>
      <span class="node-id">{node?.node ?? "…"}</span>
      {node !== undefined && <span class="role-chip">{node.role}</span>}
    </div>
  );
}

/**
 * The health of the cluster in one sentence. While the page's own node is silent, the sentence says so
 * rather than show a state that may have changed.
 */
function Health() {
  const now = health.value;
  const stale = connection.value === "reconnecting";
  const tone = stale ? "bad" : (now?.tone ?? "waiting");
  const sentence = stale
    ? `${own.value?.node ?? "This node"} does not answer; this is the last known state`
    : (now?.sentence ?? "Waiting for the first report of the cluster …");
  const symbol = { good: "●", warning: "▲", bad: "■", waiting: "○" }[tone];
  return (
    <p class={`health ${tone}`}>
      <span aria-hidden="true" class="lamp">
        {symbol}
      </span>
      <span class="sentence">{sentence}</span>
    </p>
  );
}

/** Says whether events arrive. Pressed, it pauses the page and counts the events that wait. */
function LiveButton() {
  const state = connection.value;
  const isPaused = paused.value;
  const text = isPaused
    ? `Paused${heldBack.value > 0 ? ` (${count(heldBack.value)} waiting)` : ""}`
    : {
        connecting: "Connecting",
        live: "Live",
        reconnecting: "Reconnecting",
        "leader down": "No leader",
      }[state];
  return (
    <button
      type="button"
      class={`live-button ${isPaused ? "paused" : state.replace(" ", "-")}`}
      aria-pressed={isPaused}
      title={isPaused ? "Resume (p)" : "Pause (p)"}
      onClick={() => setPaused(!isPaused)}
    >
      <span class="dot" aria-hidden="true" />
      {text}
      <span class="visually-hidden">{isPaused ? ", resume" : ", pause"}</span>
    </button>
  );
}

/** Link faults where the cluster allows them, the theme, and the help. */
function Tools() {
  const symbols = { system: "◐", light: "☀", dark: "☾" };
  return (
    <div class="tools">
      {faultsAllowed.value && mayAdminister.value && (
        <button
          type="button"
          class="tool"
          title="Faults (f)"
          aria-pressed={route.value.panel === "faults"}
          onClick={toggleFaults}
        >
          <span aria-hidden="true">⚡</span> Faults
        </button>
      )}
      <button
        type="button"
        class="tool"
        title={`Theme: ${theme.value} (t)`}
        aria-label={`Theme: ${theme.value}. Change`}
        onClick={nextTheme}
      >
        <span aria-hidden="true">{symbols[theme.value]}</span>
      </button>
      <button
        type="button"
        class="tool"
        title="Help (?)"
        aria-label="Help"
        onClick={() => go({ panel: "help" }, "replace")}
      >
        <span aria-hidden="true">?</span>
      </button>
    </div>
  );
}

/** Shorter than the headings of the views, for narrow pages. */
const tabNames: Readonly<Record<View, string>> = {
  cluster: "Cluster",
  keys: "Keys",
  compare: "Compare",
  sweep: "Sweep",
};

/** Links rather than buttons: a view can be opened in another tab, and has an address to share. */
function Tabs() {
  const { view } = route.value;
  return (
    <nav class="tabs" aria-label="Views">
      {views.map((name) => (
        <RouteLink key={name} to={{ view: name }} current={name === view}>
          {tabNames[name]}
        </RouteLink>
      ))}
      <span class="tabs-note">{leadershipInWords()}</span>
    </nav>
  );
}

/** Who leads and since when. A follower's page has its events from that node, through its own. */
function leadershipInWords(): string {
  const { leader, since } = leadership.value;
  switch (connection.value) {
    case "live": {
      const isKnown = leader === leaderId.value && since !== undefined;
      const leads = `${leaderId.value} leads${isKnown ? ` since ${timeToSecond(since)}` : ""}`;
      return isLeader.value ? leads : `${leads}; its events come through this node`;
    }
    case "leader down":
      return "Events come only from this node";
    case "connecting":
    case "reconnecting":
      return "";
  }
}
