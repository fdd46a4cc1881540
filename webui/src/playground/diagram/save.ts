/** Saves the diagram as it is in view, black on white. */
import type { Diagram } from "../model/diagram.ts";
import { inkOf } from "../model/figure.ts";
import { paint, svgOf } from "../model/svg.ts";
import { announcement } from "../state/view.ts";

interface Sheet {
  readonly width: number;
  readonly gutter: number;
  /** Of the file, without its ending. */
  readonly name: string;
}

/** Sharp on paper: about 300 dots to an inch at the width of a page. */
const pngScale = 3;

export function saveSvg(diagram: Diagram, sheet: Sheet): void {
  const { width, name } = sheet;
  const svg = svgOf(inkOf(diagram, sheet), { width, height: diagram.height, title: name });
  save(new Blob([svg], { type: "image/svg+xml" }), `${name}.svg`);
}

export async function savePng(diagram: Diagram, sheet: Sheet): Promise<void> {
  const canvas = document.createElement("canvas");
  const size = { width: sheet.width, height: diagram.height };
  canvas.width = Math.round(size.width * pngScale);
  canvas.height = Math.round(size.height * pngScale);
  const context = canvas.getContext("2d");
  if (context === null) return;
  paint(context, inkOf(diagram, sheet), { ...size, scale: pngScale });
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (blob !== null) save(blob, `${sheet.name}.png`);
}

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  const address = URL.createObjectURL(blob);
  link.href = address;
  link.download = name;
  link.click();
  // The browser has begun to read it by then, however busy the machine is.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  announcement.value = `Saved as ${name}`;
}
