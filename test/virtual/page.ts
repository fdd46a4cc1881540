/** Writes the playground with a scenario in it, opened right before the promise broke, or at its end. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Scenario } from "../../src/virtual/playground/moments.ts";
import { record } from "../../src/virtual/playground/record.ts";
import { buildPage } from "../../webui/build.ts";
import { builtEngine } from "./built-engine.ts";

const built = join(import.meta.dirname, "../../webui/dist/playground.html");

export interface Written {
  readonly moments: number;
  readonly broken: string | undefined;
}

/** Throws where the text is no story, or no page can be built. */
export async function writePage(
  file: string,
  { text, fault }: { readonly text: string; readonly fault?: string | undefined },
): Promise<Written> {
  const planted = fault === undefined ? {} : { fault };
  const play = fault === undefined ? record : (await builtEngine()).record;
  const { moments, breach, fault: wrong } = await play(text, planted);
  if (wrong !== undefined) throw new Error(`line ${wrong.line + 1}: ${wrong.sentence}`);
  await buildPage();
  const moment = Math.max(0, breach === undefined ? moments.length - 1 : breach.moment - 1);
  const scenario: Scenario = { text, moment, ...planted };
  const json = JSON.stringify(scenario).replaceAll("<", "\\u003c");
  const page = readFileSync(built, "utf8");
  const element = `<script type="application/json" id="scenario">${json}</script>`;
  writeFileSync(
    file,
    page.replace("</head>", () => `${element}</head>`),
  );
  return { moments: moments.length, broken: breach?.sentence };
}
