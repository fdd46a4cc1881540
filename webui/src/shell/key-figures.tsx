/**
 * The figures that stand above every view: writes, latency, refusals, the leader and its epoch. Each has
 * a note that says what it covers.
 */
import { useThrottled } from "../lib/hooks.ts";
import { shortCauseOf } from "../lib/refusals.ts";
import { count, optionalDuration, rate, type Tone, timeToSecond, total } from "../lib/units.ts";
import { figuresOf, p99SamplesMin, writesOverMs } from "../state/figures.ts";
import {
  cluster,
  connection,
  isLeaderless,
  leaderId,
  leaderNow,
  leadership,
  model,
  own,
  tick,
} from "../state/live.ts";

/**
 * Figures of a leader that does not answer are dashes, or named as the last known ones. They are drawn
 * twice a second.
 */
export function KeyFigures() {
  useThrottled(tick, 2);
  const { value: state } = connection;
  const isHeard = state === "live";
  const figures = figuresOf({ traces: model.traces.ring, rates: model.rates }, leaderNow());
  const { p50Ms, p99Ms, samples, over, unknown } = figures;
  const codes = Object.keys(figures.refused);
  const refused = total(figures.refused);
  const writes = isHeard ? figures.writesPerSecond : undefined;
  // Until there are enough writes for it, the note says how many there are.
  const needed = samples < p99SamplesMin ? `${count(samples)} of ${p99SamplesMin} writes` : over;
  const epoch = cluster.value?.epoch ?? own.value?.epoch;
  const { leader, since } = leadership.value;
  const isSince = isHeard && leader === leaderId.value && since !== undefined;
  return (
    <dl class="key-figures" aria-label="Key figures">
      <Figure name="writes" label="Writes" note={`last ${writesOverMs / 1000} s`}>
        {writes === undefined ? "–" : rate(writes)}
      </Figure>
      <Figure name="p50" label="p50" note={over}>
        {optionalDuration(p50Ms)}
      </Figure>
      <Figure name="p99" label="p99" note={needed}>
        {optionalDuration(p99Ms)}
      </Figure>
      <Figure
        name="refused"
        label="Refused"
        note={codes.length === 0 ? "last minute" : codes.map(shortCauseOf).join(", ")}
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
        note={isHeard ? "answers" : wordsOfSilence()}
        tone={isHeard || state === "connecting" ? "plain" : "bad"}
      >
        {isLeaderless.value ? "none known" : leaderId.value || "unknown"}
      </Figure>
      <Figure
        name="epoch"
        label="Epoch"
        note={isSince ? `since ${timeToSecond(since)}` : isHeard ? "in force" : "last known"}
      >
        {epoch === undefined ? "–" : count(epoch)}
      </Figure>
    </dl>
  );
}

function wordsOfSilence(): string {
  if (connection.value === "connecting") return "connecting";
  return isLeaderless.value ? `last was ${leaderId.value || "unknown"}` : "no answer";
}

interface FigureProps {
  /** For tests and style sheets. */
  readonly name: string;
  readonly label: string;
  /** What the figure covers, below it. */
  readonly note: string;
  readonly tone?: Tone;
  readonly children: string;
}

/** The whole text is shown when the pointer rests on a figure that is cut off. */
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
