/** Writes a figure as a file of its own: SVG as text, and as a bitmap by the same strokes. */
import type { Ink } from "./figure.ts";

interface Sheet {
  readonly width: number;
  readonly height: number;
  readonly title: string;
}

const family = "Helvetica, Arial, sans-serif";
const escaped = (words: string): string =>
  words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
const round = (value: number): string => String(Number(value.toFixed(2)));

export function svgOf(ink: readonly Ink[], { width, height, title }: Sheet): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<g stroke="#000" fill="#000" font-family="${family}">`,
    ...ink.map(elementOf),
    "</g></svg>\n",
  ].join("\n");
}

function elementOf(one: Ink): string {
  switch (one.kind) {
    case "line": {
      const [[x1, y1], [x2, y2]] = [one.from, one.to];
      const dash = one.dash.length === 0 ? "" : ` stroke-dasharray="${one.dash.join(" ")}"`;
      return `<path d="M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}" stroke-width="${one.width}"${dash}/>`;
    }
    case "text": {
      const [x, y] = one.at;
      // A white rim keeps a word legible where it crosses a line.
      const rim = `stroke="#fff" stroke-width="2.5" paint-order="stroke"`;
      return `<text x="${round(x)}" y="${round(y)}" font-size="${one.size}" text-anchor="${one.anchor}"${one.bold ? ` font-weight="bold"` : ""} ${rim}>${escaped(one.text)}</text>`;
    }
    case "shape": {
      const points = one.points.map(([x, y]) => `${round(x)},${round(y)}`).join(" ");
      return `<polygon points="${points}" fill="${one.filled ? "#000" : "#fff"}"/>`;
    }
  }
}

/** Draws the same on a canvas of `scale` pixels for each px of the figure. */
export function paint(
  context: CanvasRenderingContext2D,
  ink: readonly Ink[],
  { width, height, scale }: Omit<Sheet, "title"> & { readonly scale: number },
): void {
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  for (const one of ink) paintOne(context, one);
}

function paintOne(context: CanvasRenderingContext2D, one: Ink): void {
  context.strokeStyle = "#000";
  context.beginPath();
  switch (one.kind) {
    case "line":
      context.lineWidth = one.width;
      context.setLineDash([...one.dash]);
      context.moveTo(...one.from);
      context.lineTo(...one.to);
      context.stroke();
      context.setLineDash([]);
      break;
    case "text":
      context.font = `${one.bold ? "bold " : ""}${one.size}px ${family}`;
      context.textAlign = one.anchor === "middle" ? "center" : one.anchor;
      context.lineWidth = 2.5;
      context.strokeStyle = "#fff";
      context.strokeText(one.text, ...one.at);
      context.fillStyle = "#000";
      context.fillText(one.text, ...one.at);
      break;
    case "shape":
      for (const point of one.points) context.lineTo(...point);
      context.closePath();
      context.lineWidth = 1;
      context.fillStyle = one.filled ? "#000" : "#fff";
      context.fill();
      context.stroke();
      break;
  }
}
