/** Always visible: whose page this is, how the cluster is, whether it is live, and the settings. */

import { useHeightAs } from "../lib/throttled.ts";
import { count } from "../lib/units.ts";
import {
  connection,
  faultsAllowed,
  health,
  heldBack,
  leaderId,
  own,
  paused,
  setPaused,
} from "../state/live.ts";
import { nextTheme, theme } from "../state/preferences.ts";
import {
  addressFor,
  blankRoute,
  go,
  route,
  toggleFaults,
  type View,
  views,
} from "../state/route.ts";
import { markFor } from "../ui/mark.tsx";
import { QuorumControl } from "./quorum-control.tsx";

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
      </div>
      <Tabs />
    </header>
  );
}

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

function Health() {
  const now = health.value;
  const stale = connection.value === "reconnecting";
  const tone = stale ? "bad" : (now?.tone ?? "waiting");
  const sentence = stale
    ? `${own.value?.node ?? "This node"} does not answer; what follows is what it last said`
    : (now?.sentence ?? "Asking the cluster how it is …");
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
      title={isPaused ? "Go on (p)" : "Hold the page still (p)"}
      onClick={() => setPaused(!isPaused)}
    >
      <span class="dot" aria-hidden="true" />
      {text}
      <span class="visually-hidden">{isPaused ? ", go on" : ", hold the page still"}</span>
    </button>
  );
}

function Tools() {
  const names = { system: "system", light: "light", dark: "dark" };
  const symbols = { system: "◐", light: "☀", dark: "☾" };
  return (
    <div class="tools">
      {faultsAllowed.value && (
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
        title={`Theme: ${names[theme.value]} (t)`}
        aria-label={`Theme: ${names[theme.value]}. Change`}
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

const tabNames: Readonly<Record<View, string>> = {
  cluster: "Cluster",
  keys: "Keys",
  compare: "Compare",
  sweep: "Sweep",
};

function Tabs() {
  const { view } = route.value;
  return (
    <nav class="tabs" aria-label="Views">
      {views.map((name) => (
        <a
          key={name}
          href={addressFor({ ...blankRoute, view: name })}
          aria-current={name === view ? "page" : undefined}
          onClick={(event) => {
            if (event.metaKey || event.ctrlKey || event.shiftKey) return;
            event.preventDefault();
            go({ view: name });
          }}
        >
          {tabNames[name]}
        </a>
      ))}
      {own.value?.role === "follower" && (
        <span class="tabs-note">Events come from {leaderId.value} through this node</span>
      )}
    </nav>
  );
}
