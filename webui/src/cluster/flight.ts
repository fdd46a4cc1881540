/**
 * Moves the dots. The drawing shows the cluster as it was a moment ago: an ack can be drawn at its real
 * pace only once its arrival is known, so the drawing is behind by about the longest round trip.
 * Everything drawn is computed from traces and one instant; nothing is simulated.
 */
import type { WriteTrace } from "../state/traces.ts";
import { along, travellers } from "./geometry.ts";
import { type MarkedRoad, type Stage, stageOf } from "./stage.ts";

interface FlightInputs {
  /** Newest first. */
  traces(): readonly WriteTrace[];
  /** The leader's wall clock, ms. */
  now(): number;
  longestDelayMs(): number;
  reducedMotion(): boolean;
  /** While true, nothing moves. */
  isPaused(): boolean;
  roads(): ReadonlyMap<string, MarkedRoad>;
  /** Called when the drawing passes the instant at which a write settled. */
  answered(trace: WriteTrace): void;
}

/** Further dots are not drawn. */
const dotsMax = 150;
/** How long a road glows after an ack has come in. */
const glowMs = 450;
/** Acks that take longer are drawn late rather than all others with them. */
const behindMaxMs = 4000;

/** Animates while there is something to draw. Call `wake` when there may be new traces. */
export class Flight {
  readonly #inputs: FlightInputs;
  readonly #stage: Stage;
  #frame: number | undefined;
  #lastFrameAt = 0;
  /** How far the drawing is behind the leader's clock. */
  #behindMs = 120;
  #answeredSequence = 0;

  constructor(group: SVGGElement, inputs: FlightInputs) {
    this.#inputs = inputs;
    this.#stage = stageOf(group, dotsMax);
  }

  /** Draws from the next frame on; does nothing where that is under way. */
  wake(): void {
    this.#frame ??= requestAnimationFrame((at) => this.#draw(at));
  }

  /** Ends the animation and removes all dots. */
  stop(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
    this.#stage.clear();
  }

  #draw(frameAt: number): void {
    this.#frame = undefined;
    if (this.#inputs.isPaused()) return;
    const traces = this.#inputs.traces();
    const moving = this.#show(traces, frameAt);
    this.#lastFrameAt = frameAt;
    if (moving) this.wake();
  }

  /** Draws one instant; returns whether something will move after it. */
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
    this.#reportSettled(traces, shownAt);
    this.#keepBehind(traces, { frameAt, busy: dots > 0 });
    return ahead;
  }

  #reportSettled(traces: readonly WriteTrace[], shownAt: number): void {
    const passed = traces.find(
      ({ at, latencyMs }) => latencyMs !== undefined && at + latencyMs <= shownAt,
    );
    if (passed === undefined || passed.sequence === this.#answeredSequence) return;
    this.#answeredSequence = passed.sequence;
    this.#inputs.answered(passed);
  }

  /** The delay of the drawing jumps while no dot is shown, and changes slowly while one is. */
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
