/**
 * The diagram on the page. A click on a message selects it and goes to the instant of its sending; a
 * click elsewhere goes to that instant. By keyboard, the list of messages and the steps do the same.
 */
import { effect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Diagram, DrawnVoyage, View } from "../model/diagram.ts";
import { cornersOf, labelsOf } from "../model/figure.ts";
import { inMs } from "../model/words.ts";
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
    // biome-ignore lint/a11y/useKeyWithClickEvents: the timeline and the steps do the same by keyboard
    <svg
      class="space-time"
      width={width}
      height={diagram.height}
      viewBox={`0 0 ${width} ${diagram.height}`}
      role="img"
      aria-label={`${diagram.voyages.length} messages between ${diagram.lanes.length} nodes; the list of events says the same in words`}
      onClick={(event) => choose(event, view)}
      onPointerMove={(event) => {
        hovered.value = idOf(event.target);
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
      <Hand view={view} height={diagram.height} />
    </svg>
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
      {diagram.voyages.map((drawn) => (
        <Voyage key={drawn.voyage.id} drawn={drawn} />
      ))}
      {diagram.calls.map(({ call, x1, x2, y }) => (
        <g key={call.id} class="call">
          <path d={`M${x1} ${y}H${Math.max(x1 + 1, x2)}`} />
          <text x={Math.max(x1, gutter)} y={y - 5}>
            {call.text}
          </text>
          <title>{`${call.text} → ${call.outcome ?? "no answer"}`}</title>
        </g>
      ))}
      {diagram.happenings.map(({ name, x, y, text, node, index }) => (
        <g key={`${index} ${node} ${name}`} class={`happening ${name}`}>
          {name === "crash" ? (
            <path d={`M${x - 5} ${y - 5}l10 10M${x + 5} ${y - 5}l-10 10`} />
          ) : (
            <path
              d={`M${cornersOf(name, x, y)
                .map((point) => point.join(" "))
                .join("L")}z`}
            />
          )}
          <title>{text}</title>
        </g>
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

function Voyage({ drawn: { voyage, kind, x1, y1, x2, y2 } }: { readonly drawn: DrawnVoyage }) {
  return (
    <g class={`voyage ${kind} ${voyage.outcome.replace(" ", "-")}`} data-id={voyage.id}>
      <path class="voyage-reach" d={`M${x1} ${y1}L${x2} ${y2}`} />
      <path class="voyage-line" d={`M${x1} ${y1}L${x2} ${y2}`} />
      {voyage.outcome === "lost" ? (
        <path class="voyage-lost" d={`M${x2 - 4} ${y2 - 4}l8 8M${x2 + 4} ${y2 - 4}l-8 8`} />
      ) : (
        <circle class="voyage-tip" cx={x2} cy={y2} r="2.5" />
      )}
    </g>
  );
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

/** The instant that is shown. */
function Hand({ view, height }: { readonly view: View; readonly height: number }) {
  const hand = useRef<SVGPathElement>(null);
  const { fromUnits, pxPerUnit, gutter, width } = view;
  useEffect(
    () =>
      effect(() => {
        const x = gutter + (scale.value.unitsAt(at.value) - fromUnits) * pxPerUnit;
        hand.current?.setAttribute("transform", `translate(${x} 0)`);
        hand.current?.setAttribute("opacity", x < gutter || x > width ? "0" : "1");
      }),
    [fromUnits, pxPerUnit, gutter, width],
  );
  return <path ref={hand} class="timeline-hand" d={`M0 16V${height}`} />;
}

function idOf(target: EventTarget | null): number | undefined {
  const id = nameOf(target, "data-id");
  return id === undefined ? undefined : Number(id);
}

function nameOf(target: EventTarget | null, attribute: string): string | undefined {
  if (!(target instanceof Element)) return undefined;
  return target.closest(`[${attribute}]`)?.getAttribute(attribute) ?? undefined;
}

function choose(event: MouseEvent & { currentTarget: SVGSVGElement }, view: View): void {
  const { left } = event.currentTarget.getBoundingClientRect();
  const x = event.clientX - left - view.gutter;
  const id = idOf(event.target);
  const node = nameOf(event.target, "data-node");
  if (node !== undefined) {
    selectNode(node);
    return;
  }
  pause();
  if (id !== undefined) selectMessage(id);
  if (x >= 0) goToInstant(scale.peek().atUnits(view.fromUnits + x / view.pxPerUnit));
}
