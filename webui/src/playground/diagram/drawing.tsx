/**
 * The diagram on the page. A click on a message selects it and goes to the instant of its sending; a
 * click elsewhere goes to that instant. By keyboard, the list of messages and the steps do the same.
 */
import { effect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { type Diagram, type DrawnVoyage, type View, voyageAt } from "../model/diagram.ts";
import { cornersOf, labelsOf } from "../model/figure.ts";
import { flightKinds } from "../model/flights.ts";
import { type HappeningName, happeningNames } from "../model/happenings.ts";
import type { Point } from "../model/places.ts";
import { callInWords, inMs } from "../model/words.ts";
import { goToInstant, pause } from "../state/clock.ts";
import { at, breachShown, scale } from "../state/recorded.ts";
import { hovered, selection, selectMessage, selectNode } from "../state/view.ts";

interface DrawingProps {
  readonly diagram: Diagram;
  readonly view: View;
}

export function Drawing({ diagram, view }: DrawingProps) {
  const { width, gutter } = view;
  const chosen = selection.value.kind === "message" ? selection.value.id : undefined;
  const near = hovered.value;
  // The pointer and the selection change often, and most of the drawing does not.
  const still = useMemo(() => <Still diagram={diagram} view={view} />, [diagram]);
  const lit = diagram.voyages.filter(({ voyage: { id } }) => id === chosen || id === near);
  return (
    <div class="space-time-place">
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the timeline and the steps do the same by keyboard */}
      <svg
        class={`space-time ${near === undefined ? "" : "over"}`}
        width={width}
        height={diagram.height}
        viewBox={`0 0 ${width} ${diagram.height}`}
        role="img"
        aria-label={`${diagram.voyages.length} messages between ${diagram.lanes.length} nodes; the list of events says the same in words`}
        onClick={(event) => choose(event, diagram, view)}
        onPointerMove={(event) => {
          hovered.value = voyageAt(diagram, pointOf(event))?.voyage.id;
        }}
        onPointerLeave={() => {
          hovered.value = undefined;
        }}
      >
        {still}
        {lit.map((drawn) => (
          <Lit key={drawn.voyage.id} drawn={drawn} width={width} gutter={gutter} />
        ))}
        <Contradiction diagram={diagram} />
      </svg>
      <Hand view={view} />
    </div>
  );
}

/** Everything that does not change with the pointer. */
function Still({ diagram, view }: DrawingProps) {
  const { width, gutter } = view;
  return (
    <>
      {diagram.ticks.map(({ x, at: instant }) => (
        <g key={instant} class="tick">
          <path d={`M${x} 18V${diagram.height}`} />
          <text x={x} y={12} text-anchor="middle">
            {inMs(instant)}
          </text>
        </g>
      ))}
      {diagram.shortened.map((x) => (
        <text key={x} class="shortened" x={x} y={diagram.height - 2} text-anchor="middle">
          ≈
        </text>
      ))}
      {diagram.lanes.map(({ id, y, stretches }) => (
        <g key={id} class="lane">
          {stretches.map(({ x1, x2, state, leads, fromAt }) => (
            <path
              key={fromAt}
              class={`stretch ${state} ${leads ? "leads" : ""}`}
              d={`M${x1} ${y}H${x2}`}
            />
          ))}
        </g>
      ))}
      <Voyages voyages={diagram.voyages} />
      {diagram.calls.map(({ call, words, x1, x2, y }) => (
        <g key={call.id} class="call">
          <path d={`M${x1} ${y}H${Math.max(x1 + 1, x2)}`} />
          <text x={x1} y={y - 5}>
            {words}
          </text>
          <title>{callInWords(call)}</title>
        </g>
      ))}
      {happeningNames.map((name) => (
        <path
          key={name}
          class={`happening ${name}`}
          d={diagram.happenings
            .filter((one) => one.name === name)
            .map(({ x, y }) => outlineOf(name, x, y))
            .join("")}
        />
      ))}
      {labelsOf(diagram, width).map(({ x, y, words, id }) => (
        <text key={id} class="voyage-label" x={x} y={y}>
          {words}
        </text>
      ))}
      <rect class="gutter" x="0" y="18" width={gutter - 4} height={diagram.height - 18} />
      {diagram.lanes.map(({ id, y }) => (
        <text key={id} class="lane-name" data-node={id} x={gutter - 10} y={y + 4} text-anchor="end">
          {id}
        </text>
      ))}
    </>
  );
}

/** From here on, lines are plain and thin: dashes and tips would be a blur, and slow to draw. */
const denseFrom = 150;

/** One path for all messages of a kind: some hundred elements would take a browser too long. */
function Voyages({ voyages }: { readonly voyages: readonly DrawnVoyage[] }) {
  const lost = voyages.filter(({ voyage }) => voyage.outcome === "lost");
  const isDense = voyages.length > denseFrom;
  const arrived = (kind: DrawnVoyage["kind"]) =>
    voyages.filter((one) => one.kind === kind && one.voyage.outcome === "delivered");
  return (
    <>
      {flightKinds.map((kind) => (
        <g key={kind} class={`voyage ${kind} ${isDense ? "dense" : ""}`}>
          <path
            class="voyage-line"
            d={voyages
              .filter((one) => one.kind === kind)
              .map(({ x1, y1, x2, y2 }) => `M${x1} ${y1}L${x2} ${y2}`)
              .join("")}
          />
          {!isDense && (
            <path
              class="voyage-tip"
              d={arrived(kind)
                .map(({ x2, y2 }) => `M${x2} ${y2}h0`)
                .join("")}
            />
          )}
        </g>
      ))}
      <path
        class="voyage-lost"
        d={lost.map(({ x2, y2 }) => `M${x2 - 4} ${y2 - 4}l8 8m0 -8l-8 8`).join("")}
      />
    </>
  );
}

function outlineOf(name: HappeningName, x: number, y: number): string {
  if (name === "crash") return `M${x - 5} ${y - 5}l10 10m0 -10l-10 10`;
  return `M${cornersOf(name, x, y)
    .map((point) => point.join(" "))
    .join("L")}z`;
}

/** The selected message, or the one under the pointer, in full words. */
function Lit(props: { drawn: DrawnVoyage; width: number; gutter: number }) {
  const { voyage, kind, x1, y1, x2, y2 } = props.drawn;
  const x = Math.max(props.gutter, Math.min((x1 + x2) / 2, props.width - 20));
  const isRight = x > props.width / 2;
  return (
    <g class={`voyage lit ${kind}`}>
      <path class="voyage-line" d={`M${x1} ${y1}L${x2} ${y2}`} />
      <text
        class="voyage-words"
        x={x + (isRight ? -8 : 8)}
        y={(y1 + y2) / 2}
        text-anchor={isRight ? "end" : "start"}
      >
        #{voyage.id} {voyage.text}
      </text>
    </g>
  );
}

/** The calls that contradict each other, framed once the promise is broken. */
function Contradiction({ diagram }: { readonly diagram: Diagram }) {
  const broken = breachShown.value;
  if (broken === undefined) return null;
  return (
    <>
      {diagram.calls
        .filter(({ call }) => broken.calls.includes(call.id))
        .map(({ call, x1, x2, y }) => (
          <rect
            key={call.id}
            class="contradiction"
            x={x1 - 5}
            y={y - 17}
            width={Math.max(60, x2 - x1 + 10)}
            height={24}
            rx={4}
          />
        ))}
    </>
  );
}

/**
 * The instant that is shown. It lies above the drawing rather than in it: a browser would otherwise draw
 * all messages anew in every frame.
 */
function Hand({ view }: { readonly view: View }) {
  const hand = useRef<HTMLDivElement>(null);
  const { fromUnits, pxPerUnit, gutter, width } = view;
  useEffect(
    () =>
      effect(() => {
        const x = gutter + (scale.value.unitsAt(at.value) - fromUnits) * pxPerUnit;
        hand.current?.style.setProperty("transform", `translateX(${x}px)`);
        hand.current?.classList.toggle("away", x < gutter || x > width);
      }),
    [fromUnits, pxPerUnit, gutter, width],
  );
  return <div ref={hand} class="hand in-diagram" />;
}

function pointOf(event: MouseEvent & { currentTarget: SVGSVGElement }): Point {
  const { left, top } = event.currentTarget.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top };
}

type Click = MouseEvent & { currentTarget: SVGSVGElement };

function choose(event: Click, diagram: Diagram, view: View): void {
  const { target } = event;
  const node = target instanceof Element ? target.getAttribute("data-node") : null;
  if (node !== null) {
    selectNode(node);
    return;
  }
  const point = pointOf(event);
  const hit = voyageAt(diagram, point);
  pause();
  if (hit !== undefined) selectMessage(hit.voyage.id);
  const units = view.fromUnits + (point.x - view.gutter) / view.pxPerUnit;
  if (point.x >= view.gutter) goToInstant(scale.peek().atUnits(units));
}
