/** Writes the playground with a scenario in it, opened right before the promise broke, or at its end. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Scenario } from "../../src/virtual/playground/moments.ts";
import { record } from "../../src/virtual/playground/record.ts";
import { buildPlayground } from "../../webui/build.ts";
import { builtEngine } from "./built-engine.ts";

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
  const play = fault === undefined ? record : (await builtEngine("whole")).record;
  const { moments, breach, fault: wrong } = await play(text, planted);
  if (wrong !== undefined) throw new Error(`line ${wrong.line + 1}: ${wrong.sentence}`);
  const moment = Math.max(0, breach === undefined ? moments.length - 1 : breach.moment - 1);
  const scenario: Scenario = { text, moment, ...planted };
  const json = JSON.stringify(scenario).replaceAll("<", "\\u003c");
  const page = await wholePage();
  const element = `<script type="application/json" id="scenario">${json}</script>`;
  writeFileSync(
    file,
    page.replace("</head>", () => `${element}</head>`),
  );
  return { moments: moments.length, broken: breach?.sentence };
}

/** The playground, as it is built where its size does not matter. */
async function wholePage(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "playground-"));
  try {
    await buildPlayground(folder, "whole");
    return readFileSync(join(folder, "playground.html"), "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
