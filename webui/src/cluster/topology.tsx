/**
 * The topology: the leader, its followers, and each write on its way between them. A card beside each
 * follower says how it is.
 */
import { useMemo, useState } from "preact/hooks";
import { useWidth } from "../lib/hooks.ts";
import { count, duration, rate } from "../lib/units.ts";
import { cluster, connection, followers, model } from "../state/live.ts";
import type { WriteTrace } from "../state/traces.ts";
import { AwaitingCluster, Blank, Panel } from "../ui/panel.tsx";
import { layoutFor } from "./geometry.ts";
import { MemberCard } from "./member-card.tsx";
import { Roads, type Throughput, useThroughput } from "./roads.tsx";

/** As in the style sheet, px: a card stands beside the end of its link. */
const cardHeight = 84;

/** Without followers there is nothing to draw: a sentence says what a write waits for. */
export function Topology() {
  const members = followers.value;
  return (
    <Panel
      title="Topology"
      hint="Each write goes to every follower; the last ack of its quorum settles it"
      class="topology"
    >
      {cluster.value === undefined ? (
        <AwaitingCluster />
      ) : members.length === 0 ? (
        <Blank>This leader has no followers: a write settles with its own flush.</Blank>
      ) : (
        <>
          <Drawing />
          <Survives />
        </>
      )}
    </Panel>
  );
}

/**
 * Wide: the drawing beside the cards. Narrow: above them. While the page does not hear the leader, what
 * it shows is the last known state, and is dimmed.
 */
function Drawing() {
  const [width, measure] = useWidth<HTMLDivElement>();
  const [answered, setAnswered] = useState<WriteTrace | undefined>(undefined);
  const throughput = useThroughput();
  const members = followers.value;
  const isWide = width >= 620;
  const cardWidth = Math.min(340, width * 0.49);
  const drawn = isWide ? width - cardWidth : width;
  const layout = useMemo(
    () => layoutFor({ width: drawn, rowHeight: isWide ? cardHeight : 0, count: members.length }),
    [drawn, isWide, members.length],
  );
  const stale = connection.value !== "live" && connection.value !== "connecting";
  return (
    <div
      ref={measure}
      class={`topology-stage ${isWide ? "wide" : "narrow"} ${stale ? "stale" : ""}`}
    >
      {width > 0 && (
        <>
          <div class="topology-drawing">
            <Roads layout={layout} throughput={throughput} onAnswered={setAnswered} />
            <Caption trace={answered} throughput={throughput} />
            {!throughput.busy && <DotLegend />}
          </div>
          <ul class="cards" aria-label="Followers">
            {members.map((member) => (
              <MemberCard key={member.id} member={member} />
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

/** How many more losses the cluster survives, in the leader's own words. */
function Survives() {
  const view = cluster.value;
  if (!view?.survives) return null;
  return <p class="survives dim">The cluster {view.survives.sentence}.</p>;
}

/** The class of a dot, its radius in px, and its meaning. */
const dotMeanings = [
  ["out", 5, "entry on its way"],
  ["back", 5, "ack on its way back"],
  ["out answers", 6.5, "settles the write"],
] as const;

function DotLegend() {
  return (
    <ul class="dot-legend" aria-label="Dots">
      {dotMeanings.map(([look, radius, meaning]) => (
        <li key={look}>
          <svg viewBox="-8 -8 16 16" aria-hidden="true">
            <circle r={radius} class={`dot ${look}`} />
          </svg>
          {meaning}
        </li>
      ))}
    </ul>
  );
}

/**
 * What the newest settled write waited for; or, where writes are too many to be shown one by one, how
 * many there are and how long half of them took.
 */
function Caption(props: { trace: WriteTrace | undefined; throughput: Throughput }) {
  const { trace, throughput } = props;
  if (throughput.busy) {
    const last = model.rates.at(-1);
    return (
      <p class="caption">
        <strong>{rate(throughput.writes)}</strong> writes
        {last?.p50 != null && <>, half settled within {duration(last.p50)}</>}
      </p>
    );
  }
  if (trace?.latencyMs === undefined) {
    return <p class="caption dim">Write a value to see it on its way.</p>;
  }
  const { quorum, latencyMs, sequence } = trace;
  const by = trace.acks[quorum - 1]?.node;
  return (
    <p class="caption" data-test="answer-caption">
      <span class="dim">version {count(sequence)}</span>
      <strong>{quorum === 0 ? "no ack required" : `ack ${quorum} of ${quorum}`}</strong>: settled
      after {duration(latencyMs)}
      {by !== undefined && <span class="dim"> by {by}</span>}
    </p>
  );
}
