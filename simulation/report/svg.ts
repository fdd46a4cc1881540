/** A figure's drawing: vega-lite compiled and rendered here, without a browser or a canvas. */
import type { Figure } from "./figures/index.ts";
import { darkRules } from "./figures/palette.ts";

/** An SVG for use inside a page: its colours follow the page's rules, its ids are its own. */
export async function inlineSvg({ name, title, spec }: Figure): Promise<string> {
  // Half of the program's start-up time, and most commands draw nothing.
  const [{ parse, View }, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
  const view = new View(parse(compile(spec).spec), { renderer: "none" });
  try {
    return withOwnIds(labelled(await view.toSVG(), title), name);
  } finally {
    view.finalize();
  }
}

/** The same as a picture of its own, which turns dark where its reader's system is. */
export function standaloneSvg(inline: string): string {
  const style = `<style>@media (prefers-color-scheme:dark){${darkRules("")}}</style>`;
  return `<?xml version="1.0" encoding="utf-8"?>\n${inline.replace(/>/, `>${style}`)}\n`;
}

/** A picture with one label; vega's own labels on each group of marks would only be noise. */
const labelled = (svg: string, title: string): string =>
  svg
    .replace(/ (?:role="graphics-[\w-]+"|aria-[\w-]+="[^"]*")/g, "")
    .replace(/<svg /, `<svg role="img" aria-label="${escaped(title)}" `);

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** vega counts clip paths over all drawings of a process; two figures in one page must not share one. */
function withOwnIds(svg: string, name: string): string {
  const known = new Map<string, string>();
  return svg.replace(/\b(clip|gradient_)(\d+)\b/g, (id) => {
    const own = known.get(id) ?? `${name}-${known.size + 1}`;
    known.set(id, own);
    return own;
  });
}
