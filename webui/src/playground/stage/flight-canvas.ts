/**
 * Draws the messages under way on a canvas, once per frame: some hundred shapes cost a canvas less than
 * a browser's layout. What a canvas cannot do for keyboards and screen readers, the list of messages does.
 */
import type { FlightKind } from "../model/flights.ts";
import { flightKinds, type PlacedFlight } from "../model/flights.ts";

const properties: Readonly<Record<FlightKind, string>> = {
  entries: "--accent",
  mark: "--follower-3",
  ack: "--good",
  election: "--follower-6",
  copy: "--follower-1",
  beat: "--ink-dim",
};

type Colours = Readonly<Record<FlightKind | "panel" | "ink" | "bad", string>>;

/** As the style sheet resolves them: a canvas knows no custom properties. Read anew with each theme. */
export function readColours(element: HTMLElement): Colours {
  const probe = document.createElement("span");
  probe.hidden = true;
  element.append(probe);
  const colour = (property: string): string => {
    probe.style.setProperty("color", `var(${property})`);
    return getComputedStyle(probe).color;
  };
  const ofKinds = flightKinds.map((kind) => [kind, colour(properties[kind])] as const);
  const colours = {
    ...(Object.fromEntries(ofKinds) as Record<FlightKind, string>),
    ...{ panel: colour("--panel"), ink: colour("--ink"), bad: colour("--bad") },
  };
  probe.remove();
  return colours;
}

interface Frame {
  readonly placed: readonly PlacedFlight[];
  readonly colours: Colours;
  readonly chosen: number | undefined;
  readonly hovered: number | undefined;
}

/** The canvas is `ratio` pixels to a px. */
export function paintFlights(canvas: HTMLCanvasElement, ratio: number, frame: Frame): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, canvas.width / ratio, canvas.height / ratio);
  for (const { flight, kind, x, y } of frame.placed) {
    context.beginPath();
    const radius = kind === "beat" ? 2.5 : 5.5;
    trace(context, kind, { x, y, radius });
    context.fillStyle = kind === "mark" ? frame.colours.panel : frame.colours[kind];
    context.strokeStyle = kind === "mark" ? frame.colours.mark : frame.colours.panel;
    context.lineWidth = kind === "mark" ? 2.5 : 1.5;
    context.fill();
    context.stroke();
    if (flight.isHeld) ring(context, { x, y, radius: 9, colour: frame.colours.bad, dash: [2, 3] });
    if (flight.id === frame.chosen || flight.id === frame.hovered)
      ring(context, { x, y, radius: 11, colour: frame.colours.ink, dash: [] });
  }
}

interface Circle {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

function ring(
  context: CanvasRenderingContext2D,
  look: Circle & { readonly colour: string; readonly dash: number[] },
): void {
  context.beginPath();
  context.arc(look.x, look.y, look.radius, 0, 2 * Math.PI);
  context.strokeStyle = look.colour;
  context.lineWidth = 2;
  context.setLineDash(look.dash);
  context.stroke();
  context.setLineDash([]);
}

/** Each kind has a shape of its own. */
function trace(context: CanvasRenderingContext2D, kind: FlightKind, at: Circle): void {
  const { x, y, radius: r } = at;
  switch (kind) {
    case "entries":
    case "mark":
    case "beat":
      context.arc(x, y, r, 0, 2 * Math.PI);
      break;
    case "ack":
      context.moveTo(x, y - r - 1.5);
      context.lineTo(x + r + 1, y + r - 0.5);
      context.lineTo(x - r - 1, y + r - 0.5);
      context.closePath();
      break;
    case "election":
      context.moveTo(x, y - r - 2);
      context.lineTo(x + r + 2, y);
      context.lineTo(x, y + r + 2);
      context.lineTo(x - r - 2, y);
      context.closePath();
      break;
    case "copy":
      context.rect(x - r, y - r, 2 * r, 2 * r);
      break;
  }
}
