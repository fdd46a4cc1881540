/** What one wants to know at a glance, the same on every view. */
import { useThrottled } from "../lib/throttled.ts";
import { count, duration, rate } from "../lib/units.ts";
import { figuresOf, p99SamplesMin, writesOverMs } from "../state/figures.ts";
import { cluster, connection, leaderId, leaderNow, model, own, tick } from "../state/live.ts";

type Tone = "plain" | "warning" | "bad";

export function KeyFigures() {
  useThrottled(tick, 2);
  const { value: state } = connection;
  const isHeard = state === "live";
  const figures = figuresOf({ traces: model.traces.ring, rates: model.rates }, leaderNow());
  const { p50Ms, p99Ms, samples, over, unknown } = figures;
  const codes = Object.keys(figures.refused);
  const refused = Object.values(figures.refused).reduce((sum, number) => sum + number, 0);
  const writes = isHeard ? figures.writesPerSecond : undefined;
  const optional = (ms: number | undefined) => (ms === undefined ? "–" : duration(ms));
  const needed = samples < p99SamplesMin ? `${count(samples)} of ${p99SamplesMin} writes` : over;
  const epoch = cluster.value?.epoch ?? own.value?.epoch;
  return (
    <dl class="key-figures" aria-label="Key figures">
      <Figure name="writes" label="Writes" note={`last ${writesOverMs / 1000} s`}>
        {writes === undefined ? "–" : rate(writes)}
      </Figure>
      <Figure name="p50" label="p50" note={over}>
        {optional(p50Ms)}
      </Figure>
      <Figure name="p99" label="p99" note={needed}>
        {optional(p99Ms)}
      </Figure>
      <Figure
        name="refused"
        label="Refused"
        note={codes.length === 0 ? "last minute" : codes.map(shortReason).join(", ")}
        tone={refused > 0 ? "bad" : "plain"}
      >
        {count(refused)}
      </Figure>
      <Figure
        name="unknown"
        label="Outcome unknown"
        note="last minute"
        tone={unknown > 0 ? "warning" : "plain"}
      >
        {count(unknown)}
      </Figure>
      <Figure
        name="leader"
        label="Leader"
        note={isHeard ? "answers" : state === "connecting" ? "asking" : "no answer"}
        tone={isHeard || state === "connecting" ? "plain" : "bad"}
      >
        {leaderId.value || "unknown"}
      </Figure>
      <Figure name="epoch" label="Epoch" note={isHeard ? "in force" : "last known"}>
        {epoch === undefined ? "–" : count(epoch)}
      </Figure>
    </dl>
  );
}

/** The feed has whole sentences; a figure has place for two words. */
const shortReasons: Readonly<Record<string, string>> = {
  QUORUM_UNAVAILABLE: "no quorum",
  OVERLOADED: "overloaded",
  RECOVERING: "not ready yet",
  SHUTTING_DOWN: "stopping",
  VERSION_MISMATCH: "other version",
  KEY_NOT_FOUND: "no such key",
};
const shortReason = (code: string): string => shortReasons[code] ?? code;

interface FigureProps {
  readonly name: string;
  readonly label: string;
  readonly note: string;
  readonly tone?: Tone;
  readonly children: string;
}

function Figure({ name, label, note, tone = "plain", children }: FigureProps) {
  return (
    <div class={`figure ${tone}`} data-figure={name}>
      <dt>{label}</dt>
      <dd class="figure-value" title={children}>
        {children}
      </dd>
      <dd class="figure-note" title={note}>
        {note}
      </dd>
    </div>
  );
}
