/**
 * Moves the dots. What is drawn is the cluster as it was a moment ago: an ack's travel can be drawn
 * at its real pace only once its arrival is known, so the drawing runs behind by about the longest
 * travel. Everything drawn is computed from traces and one instant; nothing is invented on the way.
 */

import type { WriteTrace } from "../state/traces.ts";
import { along, travellers } from "./geometry.ts";
import { type MarkedRoad, type Stage, stageOf } from "./stage.ts";

export interface FlightInputs {
  /** Newest first. */
  traces(): readonly WriteTrace[];
  /** The leader's wall clock, ms. */
  now(): number;
  longestDelayMs(): number;
  reducedMotion(): boolean;
  /** While true, everything stays where it is. */
  heldStill(): boolean;
  roads(): ReadonlyMap<string, MarkedRoad>;
  /** The write whose answer was last passed. */
  answered(trace: WriteTrace): void;
}

const dotsMax = 150;
const glowMs = 450;
const behindMaxMs = 4000;

/** Runs while there is something to draw; call `wake` when new facts may have come. */
export class Flight {
  readonly #inputs: FlightInputs;
  readonly #stage: Stage;
  #frame: number | undefined;
  #lastFrameAt = 0;
  #behindMs = 120;
  #answeredSequence = 0;

  constructor(group: SVGGElement, inputs: FlightInputs) {
    this.#inputs = inputs;
    this.#stage = stageOf(group, dotsMax);
  }

  wake(): void {
    this.#frame ??= requestAnimationFrame((at) => this.#draw(at));
  }

  stop(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
    this.#stage.clear();
  }

  #draw(frameAt: number): void {
    this.#frame = undefined;
    if (this.#inputs.heldStill()) return;
    const traces = this.#inputs.traces();
    const moving = this.#show(traces, frameAt);
    this.#lastFrameAt = frameAt;
    if (moving) this.wake();
  }

  #show(traces: readonly WriteTrace[], frameAt: number): boolean {
    const shownAt = this.#inputs.now() - this.#behindMs;
    const roads = this.#inputs.roads();
    const glow = new Map<string, number>();
    let dots = 0;
    let ahead = false;
    for (const trace of traces) {
      const elapsedMs = shownAt - trace.at;
      const longestMs = trace.acks.at(-1)?.ms ?? 0;
      if (elapsedMs < Math.max(longestMs, this.#behindMs) + glowMs) ahead = true;
      for (const { node, ms } of trace.acks) {
        const since = elapsedMs - ms;
        if (since >= 0 && since < glowMs) {
          glow.set(node, Math.max(glow.get(node) ?? 0, 1 - since / glowMs));
        }
      }
      if (this.#inputs.reducedMotion()) continue;
      for (const traveller of travellers(trace, elapsedMs)) {
        const road = roads.get(traveller.node);
        if (road === undefined || dots >= dotsMax) continue;
        this.#stage.dot(dots++, { ...along(road.road, traveller.share), road, traveller });
      }
    }
    this.#stage.hideFrom(dots);
    this.#stage.glow(roads, glow);
    this.#tellAnswer(traces, shownAt);
    this.#keepBehind(traces, { frameAt, busy: dots > 0 });
    return ahead;
  }

  #tellAnswer(traces: readonly WriteTrace[], shownAt: number): void {
    const passed = traces.find(
      ({ at, latencyMs }) => latencyMs !== undefined && at + latencyMs <= shownAt,
    );
    if (passed === undefined || passed.sequence === this.#answeredSequence) return;
    this.#answeredSequence = passed.sequence;
    this.#inputs.answered(passed);
  }

  /** The drawing's clock is set while the road is empty, and eased while it is not. */
  #keepBehind(traces: readonly WriteTrace[], now: { frameAt: number; busy: boolean }): void {
    const recentMs = traces.slice(0, 12).flatMap(({ acks }) => acks.map(({ ms }) => ms));
    const longestMs = Math.max(this.#inputs.longestDelayMs(), ...recentMs);
    const wanted = Math.min(behindMaxMs, longestMs + 120);
    if (!now.busy) {
      this.#behindMs = wanted;
      return;
    }
    const step = Math.min(50, now.frameAt - this.#lastFrameAt) * 0.25;
    const gap = wanted - this.#behindMs;
    this.#behindMs += Math.max(-step, Math.min(step, gap));
  }
}
