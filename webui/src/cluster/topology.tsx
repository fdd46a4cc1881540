import { useMemo, useState } from "preact/hooks";
import { useWidth } from "../lib/throttled.ts";
import { count, duration, rate } from "../lib/units.ts";
import { cluster, connection, followers, model } from "../state/live.ts";
import type { WriteTrace } from "../state/traces.ts";
import { Blank, Panel } from "../ui/panel.tsx";
import { layoutFor } from "./geometry.ts";
import { MemberCard } from "./member-card.tsx";
import { Roads } from "./roads.tsx";
import { type Throughput, useThroughput } from "./throughput.ts";

const cardHeight = 84;

export function Topology() {
  const members = followers.value;
  return (
    <Panel
      title="Topology"
      hint="Each write goes to every follower; the k-th ack answers it"
      class="topology"
    >
      {cluster.value === undefined ? (
        <Blank tone="loading">Waiting for the first report of the cluster …</Blank>
      ) : members.length === 0 ? (
        <Blank>This leader has no followers: a write is answered after its own flush.</Blank>
      ) : (
        <Drawing />
      )}
    </Panel>
  );
}

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

function DotLegend() {
  return (
    <ul class="dot-legend" aria-label="Dots">
      <li>
        <svg viewBox="-8 -8 16 16" aria-hidden="true">
          <circle r="5" class="dot out" />
        </svg>
        entry on its way
      </li>
      <li>
        <svg viewBox="-8 -8 16 16" aria-hidden="true">
          <circle r="5" class="dot back" />
        </svg>
        ack on its way back
      </li>
      <li>
        <svg viewBox="-8 -8 16 16" aria-hidden="true">
          <circle r="6.5" class="dot out answers" />
        </svg>
        the one that answers
      </li>
    </ul>
  );
}

function Caption(props: { trace: WriteTrace | undefined; throughput: Throughput }) {
  const { trace, throughput } = props;
  if (throughput.busy) {
    const last = model.rates.at(-1);
    return (
      <p class="caption">
        <strong>{rate(throughput.writes)}</strong> writes
        {last?.p50 != null && <>, half answered within {duration(last.p50)}</>}
      </p>
    );
  }
  if (trace?.latencyMs === undefined) {
    return <p class="caption dim">Write something and watch it travel.</p>;
  }
  const { quorum, latencyMs, sequence } = trace;
  const by = trace.acks[quorum - 1]?.node;
  return (
    <p class="caption" data-test="answer-caption">
      <span class="dim">version {count(sequence)}</span>
      <strong>{quorum === 0 ? "no ack awaited" : `ack ${quorum} of ${quorum}`}</strong>: answered
      after {duration(latencyMs)}
      {by !== undefined && <span class="dim"> by {by}</span>}
    </p>
  );
}
