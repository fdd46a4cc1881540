/**
 * The drawing of the topology: the leader, a road to each follower, and the dots that travel on the
 * roads. A follower's state is shown by its station and its road, never by colour alone.
 */
import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { shapePath } from "../lib/followers.ts";
import { useThrottled } from "../lib/hooks.ts";
import { longestDelayMs } from "../lib/theory.ts";
import { count, rate } from "../lib/units.ts";
import {
  cluster,
  config,
  followers,
  isLeaderless,
  leaderId,
  leaderNow,
  model,
  own,
  paused,
  rollCall,
  tick,
} from "../state/live.ts";
import { reducedMotion } from "../state/preferences.ts";
import type { WriteTrace } from "../state/traces.ts";
import { markFor } from "../ui/mark.tsx";
import { Flight } from "./flight.ts";
import { type Layout, roadPath } from "./geometry.ts";
import type { MarkedRoad } from "./stage.ts";

/** Above this rate dots would be a blur; figures replace them. */
const dotsUpToPerSecond = 15;
/** Figures of a second that are older are no longer shown. */
const freshMs = 3000;

export interface Throughput {
  /** Whether figures replace the dots. */
  readonly busy: boolean;
  /** By follower, per second. */
  readonly acks: Readonly<Record<string, number>>;
  /** Per second. */
  readonly writes: number;
}

/** How much goes over the roads now, read four times a second. */
export function useThroughput(): Throughput {
  useThrottled(tick, 4);
  const last = model.rates.at(-1);
  const recent = last !== undefined && leaderNow() - last.at < freshMs ? last : undefined;
  const writes = recent?.writes ?? 0;
  return { busy: writes > dotsUpToPerSecond, acks: recent?.acks ?? {}, writes };
}

interface RoadsProps {
  readonly layout: Layout;
  readonly throughput: Throughput;
  /** Called with each write whose last awaited ack has just been drawn. */
  readonly onAnswered: (trace: WriteTrace) => void;
}

/** A road's width shows its acks a second once figures replace the dots. */
export function Roads({ layout, throughput, onAnswered }: RoadsProps) {
  const dots = useRef<SVGGElement>(null);
  // Kept across renders: the animation writes to these elements itself, without a render.
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
  // The animation reads the newest value through this reference.
  const busy = useRef(false);
  busy.current = throughput.busy;
  useFlight(dots, { roads, busy, onAnswered });
  const leader = cluster.value?.nodes.find(({ role }) => role === "leader");
  const isGone = isLeaderless.value || (leader !== undefined && leader.state !== "live");
  return (
    <svg
      class={`roads ${isGone ? "leaderless" : ""}`}
      viewBox={`0 0 ${layout.width} ${layout.height}`}
      width={layout.width}
      height={layout.height}
      role="img"
      aria-label={`${isLeaderless.value ? "No leader" : `${leaderId.value}${isGone ? ", which does not answer," : ""}`} and ${members.length} followers; details in the cards`}
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
              {roleOf(id) === "candidate" && <circle r="19" class="candidate-ring" />}
              {state === "unreachable" && <path d="M-16 -16L16 16M16 -16L-16 16" class="cross" />}
              {state === "unknown" && (
                <text y="5" text-anchor="middle" class="question">
                  ?
                </text>
              )}
            </g>
            {throughput.busy && (
              <text x={road.to.x - 24} y={road.to.y - 10} class="flow" text-anchor="end">
                {rate(perSecond)}
              </text>
            )}
          </g>
        );
      })}
      <g
        transform={`translate(${layout.leader.x} ${layout.leader.y})`}
        class={`leader-node ${isLeaderless.value ? "unreachable" : (leader?.state ?? "")}`}
      >
        <circle r="38" class="halo" />
        {isGone && <path d="M-36 -36L36 36M36 -36L-36 36" class="cross" />}
        <circle r="30" class="body" />
        <text y="-3" text-anchor="middle" class="leader-label">
          version
        </text>
        <text y="14" text-anchor="middle" class="leader-version">
          {leader?.applied == null ? "?" : count(leader.applied)}
        </text>
        <text y="-48" text-anchor="middle" class="leader-name">
          {isLeaderless.value ? "no leader" : leaderId.value}
        </text>
      </g>
      <g ref={dots} class="dots" />
    </svg>
  );
}

/** What a node said of itself when it was asked in an election. */
const roleOf = (id: string) => (id === own.value?.node ? own.value.role : rollCall.value[id]?.role);

/** What changes between renders; the animation outlives them. */
interface FlightRefs {
  readonly roads: { readonly current: ReadonlyMap<string, MarkedRoad> };
  readonly busy: { readonly current: boolean };
  readonly onAnswered: (trace: WriteTrace) => void;
}

/** Lets the dots travel for as long as the drawing is on the page. */
function useFlight(group: { readonly current: SVGGElement | null }, refs: FlightRefs): void {
  const { roads, busy, onAnswered } = refs;
  useEffect(() => {
    if (group.current === null) return;
    const flight = new Flight(group.current, {
      traces: () => (busy.current ? [] : model.traces.ring.newest(80)),
      now: leaderNow,
      longestDelayMs: () => (config.value === undefined ? 0 : longestDelayMs(config.value)),
      reducedMotion: () => reducedMotion.value,
      isPaused: () => paused.value,
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
