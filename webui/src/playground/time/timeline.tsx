/** The whole recording as a bar: marks for what stands out, and a slider over all of it. */
import { effect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { useWidth } from "../../lib/hooks.ts";
import type { Mark } from "../model/marks.ts";
import { inMs } from "../model/words.ts";
import { goToInstant, pause } from "../state/clock.ts";
import { at, index, lastIndex, marks, moment, scale } from "../state/recorded.ts";

/** Px above and below the line. */
const height = 40;
const middle = 22;
const sidePx = 9;
/** The slider's steps, so that every event can be reached. */
const sliderMax = 10_000;

/** Shapes, so that marks are not told apart by colour alone. In px about the point on the line. */
const shapes: Readonly<Record<Mark["name"], (x: number) => string>> = {
  write: (x) => `M${x} ${middle - 4}l-4 -8h8z`,
  ack: (x) => `M${x} ${middle - 3}v6`,
  commit: (x) => `M${x - 3} ${middle + 5}h6v6h-6z`,
  crash: (x) => `M${x - 4} ${middle - 4}l8 8M${x + 4} ${middle - 4}l-8 8`,
  start: (x) => `M${x - 3} ${middle - 4}l7 4l-7 4z`,
  election: (x) => `M${x} ${middle - 6}l6 6l-6 6l-6 -6z`,
  broken: (x) => `M${x - 2} ${middle - 18}h4v24h-4zM${x - 2} ${middle + 9}h4v4h-4z`,
};

export function Timeline() {
  const [width, measure] = useWidth<HTMLDivElement>();
  const slider = useRef<HTMLInputElement>(null);
  const hand = useRef<HTMLDivElement>(null);
  const { length } = scale.value;
  const inner = Math.max(1, width - 2 * sidePx);
  const xOf = (instant: number) =>
    sidePx + (length === 0 ? 0 : (scale.value.unitsAt(instant) / length) * inner);
  // Sixty times a second while it plays, so it goes past the components.
  useEffect(
    () =>
      effect(() => {
        const share =
          scale.value.length === 0 ? 0 : scale.value.unitsAt(at.value) / scale.value.length;
        if (slider.current !== null) slider.current.value = String(Math.round(share * sliderMax));
        hand.current?.style.setProperty("transform", `translateX(${sidePx + share * inner}px)`);
      }),
    [inner],
  );
  const drawn = useMemo(() => thinned(marks.value, xOf), [marks.value, scale.value, inner]);
  return (
    <div class="timeline" ref={measure}>
      {width > 0 && (
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
          <path class="timeline-line" d={`M${sidePx} ${middle}H${width - sidePx}`} />
          {drawn.map(({ name, index: place, x }) => (
            <path key={`${name} ${place}`} class={`mark mark-${name}`} d={shapes[name](x)} />
          ))}
        </svg>
      )}
      <div ref={hand} class="hand" />
      <input
        ref={slider}
        type="range"
        min="0"
        max={sliderMax}
        step="1"
        aria-label="Position"
        aria-valuetext={`${inMs(moment.value.at)}, event ${index.value} of ${lastIndex.value}`}
        onInput={(event) => {
          pause();
          const units = (Number(event.currentTarget.value) / sliderMax) * scale.peek().length;
          goToInstant(scale.peek().atUnits(units));
        }}
      />
    </div>
  );
}

/** Of the marks of one kind that would lie on each other, the first. */
function thinned(all: readonly Mark[], xOf: (at: number) => number) {
  const last = new Map<string, number>();
  return all.flatMap((mark) => {
    const x = Math.round(xOf(mark.at) * 2) / 2;
    if (x - (last.get(mark.name) ?? Number.NEGATIVE_INFINITY) < 3) return [];
    last.set(mark.name, x);
    return [{ ...mark, x }];
  });
}
