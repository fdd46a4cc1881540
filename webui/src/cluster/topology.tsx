/** The cluster as a drawing: the leader, its followers, and every write on its way. */
import { effect } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { shapePath } from "../lib/followers.ts";
import { longestDelayMs } from "../lib/theory.ts";
import { useThrottled, useWidth } from "../lib/throttled.ts";
import { count, duration, rate } from "../lib/units.ts";
import {
  cluster,
  config,
  connection,
  followers,
  leaderId,
  leaderNow,
  model,
  paused,
  tick,
} from "../state/live.ts";
import { reducedMotion } from "../state/preferences.ts";
import type { WriteTrace } from "../state/traces.ts";
import { markFor } from "../ui/mark.tsx";
import { Blank, Panel } from "../ui/panel.tsx";
import { Flight } from "./flight.ts";
import { type Layout, layoutFor, roadPath } from "./geometry.ts";
import { MemberCard } from "./member-card.tsx";
import type { MarkedRoad } from "./stage.ts";

const dotsUpToPerSecond = 15;
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
        <Blank tone="loading">Waiting for the first word of the cluster …</Blank>
      ) : members.length === 0 ? (
        <Blank>This leader has no followers: a write is answered after its own flush.</Blank>
      ) : (
        <Drawing />
      )}
    </Panel>
  );
}

/** Above this rate dots would be a blur; figures say more. */
function useThroughput(): {
  busy: boolean;
  acks: Readonly<Record<string, number>>;
  writes: number;
} {
  useThrottled(tick, 4);
  const last = model.rates.at(-1);
  const recent = last !== undefined && leaderNow() - last.at < 3000 ? last : undefined;
  return {
    busy: (recent?.writes ?? 0) > dotsUpToPerSecond,
    acks: recent?.acks ?? {},
    writes: recent?.writes ?? 0,
  };
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

interface RoadsProps {
  readonly layout: Layout;
  readonly throughput: ReturnType<typeof useThroughput>;
  readonly onAnswered: (trace: WriteTrace) => void;
}

function Roads({ layout, throughput, onAnswered }: RoadsProps) {
  const dots = useRef<SVGGElement>(null);
  const lights = useRef(new Map<string, SVGPathElement | null>());
  const roads = useRef<ReadonlyMap<string, MarkedRoad>>(new Map());
  const members = followers.value;
  roads.current = new Map(
    members.flatMap(({ id }, place) => {
      const road = layout.roads[place];
      const light = lights.current.get(id) ?? null;
      return road === undefined ? [] : [[id, { road, mark: markFor(id), light }] as const];
    }),
  );
  const busy = useRef(false);
  busy.current = throughput.busy;
  useFlight(dots, { roads, busy, onAnswered });
  const leader = cluster.value?.nodes.find(({ role }) => role === "leader");
  return (
    <svg
      class="roads"
      viewBox={`0 0 ${layout.width} ${layout.height}`}
      width={layout.width}
      height={layout.height}
      role="img"
      aria-label={`${leaderId.value} and ${members.length} followers; details in the cards`}
    >
      {members.map(({ id, state }, place) => {
        const road = layout.roads[place];
        if (road === undefined) return null;
        const mark = markFor(id);
        const path = roadPath(road);
        const perSecond = throughput.acks[id] ?? 0;
        const width = throughput.busy ? Math.min(9, 1.5 + Math.sqrt(perSecond) / 3) : 1.5;
        return (
          <g key={id} class={`road ${state} follower-${mark.colour}`}>
            <path d={path} class="track" stroke-width={width} />
            <path
              d={path}
              class="light"
              opacity="0"
              ref={(element) => {
                lights.current.set(id, element);
              }}
            />
            <g transform={`translate(${road.to.x} ${road.to.y})`}>
              <path d={shapePath(mark.shape, 12)} class="station" />
              {state === "unreachable" && <path d="M-16 -16L16 16M16 -16L-16 16" class="cross" />}
            </g>
            {throughput.busy && (
              <text x={road.to.x - 24} y={road.to.y - 10} class="flow" text-anchor="end">
                {rate(perSecond)}
              </text>
            )}
          </g>
        );
      })}
      <g transform={`translate(${layout.leader.x} ${layout.leader.y})`} class="leader-node">
        <circle r="38" class="halo" />
        <circle r="30" class="body" />
        <text y="-3" text-anchor="middle" class="leader-label">
          version
        </text>
        <text y="14" text-anchor="middle" class="leader-version">
          {count(leader?.applied ?? 0)}
        </text>
      </g>
      <g ref={dots} class="dots" />
    </svg>
  );
}

interface FlightRefs {
  readonly roads: { readonly current: ReadonlyMap<string, MarkedRoad> };
  readonly busy: { readonly current: boolean };
  readonly onAnswered: (trace: WriteTrace) => void;
}

function useFlight(group: { readonly current: SVGGElement | null }, refs: FlightRefs): void {
  const { roads, busy, onAnswered } = refs;
  useEffect(() => {
    if (group.current === null) return;
    const flight = new Flight(group.current, {
      traces: () => (busy.current ? [] : model.traces.ring.newest(80)),
      now: leaderNow,
      longestDelayMs: () => (config.value === undefined ? 0 : longestDelayMs(config.value)),
      reducedMotion: () => reducedMotion.value,
      heldStill: () => paused.value,
      roads: () => roads.current,
      answered: onAnswered,
    });
    const stop = effect(() => {
      if (tick.value >= 0 && !paused.value) flight.wake();
    });
    return () => {
      stop();
      flight.stop();
    };
  }, [group, roads, busy, onAnswered]);
}

function Caption(props: {
  trace: WriteTrace | undefined;
  throughput: ReturnType<typeof useThroughput>;
}) {
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
