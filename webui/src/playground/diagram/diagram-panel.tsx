/** The space-time diagram below the picture: what is in view, how large, and its files. */
import { useSignal, useSignalEffect } from "@preact/signals";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { useWidth } from "../../lib/hooks.ts";
import { Scroller } from "../../ui/panel.tsx";
import { diagramOf, type View, voyagesMax } from "../model/diagram.ts";
import { Tool } from "../parts/tool.tsx";
import { playing } from "../state/clock.ts";
import {
  at,
  happenings,
  opening,
  recording,
  scale,
  stretches,
  withBeats,
} from "../state/recorded.ts";
import { storyName } from "../state/scenario.ts";
import { Drawing } from "./drawing.tsx";
import { savePng, saveSvg } from "./save.ts";

/** Px for a millisecond that is drawn to scale. */
const pxPerUnitRange = { min: 6, max: 240 };
/** To draw some hundred messages takes a browser a while, so a fast run moves the view only so often. */
const restMs = 1500;
/** What a short story is enlarged to at most, when it opens. */
const fitMax = 90;
const fitMin = 24;

export function DiagramPanel() {
  const [width, measure] = useWidth<HTMLDivElement>();
  // Undefined: as large as it fits.
  const zoom = useSignal<number | undefined>(undefined);
  const from = useSignal(0);
  const movedAt = useRef(0);
  const gutter = width < 540 ? 74 : 92;
  // The start of the cluster is behind what a story tells; it can be reached by moving to the left.
  const opensAt = scale.value.unitsAt(recording.value.moments[opening.value]?.at ?? 0);
  const fit = (width - gutter - 24) / Math.max(1, scale.value.length - opensAt);
  const pxPerUnit = zoom.value ?? Math.min(fitMax, Math.max(fitMin, fit));
  const shownUnits = (width - gutter) / pxPerUnit;
  useLayoutEffect(() => {
    from.value = Math.max(0, opensAt - 0.5);
    zoom.value = undefined;
  }, [storyName.value]);
  // The view moves by half its width once the instant is about to leave it, rather than all the time.
  useSignalEffect(() => {
    const here = scale.value.unitsAt(at.value);
    if (width === 0) return;
    const share = (here - from.peek()) / shownUnits;
    if (share >= 0 && share <= (playing.value ? 0.92 : 0.98)) return;
    const now = performance.now();
    if (playing.value && now - movedAt.current < restMs) return;
    movedAt.current = now;
    // Near the end, the view ends with the story.
    const last = scale.value.length - shownUnits * 0.95;
    from.value = Math.max(0, Math.min(last, here - shownUnits * (share < 0 ? 0.7 : 0.3)));
  });
  const facts = {
    ...{ recording: recording.value, happenings: happenings.value },
    ...{ stretches: stretches.value, scale: scale.value },
  };
  const view: View = {
    ...{ width, gutter, laneHeight: recording.value.ids.length > 5 ? 46 : 54 },
    ...{ fromUnits: from.value, pxPerUnit, withBeats: withBeats.value },
  };
  const diagram = useMemo(
    () => diagramOf(facts, view),
    [recording.value, width, gutter, from.value, pxPerUnit, withBeats.value],
  );
  const sheet = { width, gutter, name: storyName.value || "scenario" };
  const move = (by: number) => {
    from.value = Math.max(0, Math.min(scale.value.length, from.value + by * shownUnits));
  };
  const enlarge = (by: number) => {
    const { min, max } = pxPerUnitRange;
    zoom.value = Math.min(max, Math.max(min, pxPerUnit * by));
    from.value = Math.max(0, scale.value.unitsAt(at.value) - shownUnits / by / 2);
  };
  return (
    <section class="panel diagram" aria-labelledby="diagram-title">
      <header class="diagram-head">
        <div>
          <h2 id="diagram-title">Space-time diagram</h2>
          <p class="hint">
            One line per node, time to the right. Long waits (≈) are drawn shorter.
          </p>
        </div>
        <div class="button-row">
          <Tool label="Earlier" icon="left" onClick={() => move(-0.5)} />
          <Tool label="Later" icon="right" onClick={() => move(0.5)} />
          <Tool label="Smaller" icon="minus" onClick={() => enlarge(1 / 1.6)} />
          <Tool label="Larger" icon="plus" onClick={() => enlarge(1.6)} />
          <button type="button" onClick={() => saveSvg(diagram, sheet)}>
            SVG
          </button>
          <button type="button" onClick={() => void savePng(diagram, sheet)}>
            PNG
          </button>
        </div>
      </header>
      <div ref={measure}>
        {width > 0 && (
          <Scroller label="Space-time diagram">
            <Drawing diagram={diagram} view={view} />
          </Scroller>
        )}
      </div>
      {diagram.voyages.length === voyagesMax && (
        <p class="hint">
          Only the first {voyagesMax} messages are drawn; make it larger to see all.
        </p>
      )}
    </section>
  );
}
