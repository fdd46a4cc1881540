import { readFileSync } from "node:fs";
import { isCommand, scriptOf } from "../../src/virtual/playground/script.ts";
import { Stage } from "../../src/virtual/stage/stage.ts";

/** What a story's file holds, and what it would hold if it were recorded now. */
export async function playStory(path: string): Promise<{ recorded: string; played: string }> {
  const recorded = readFileSync(path, "utf8");
  const stage = new Stage();
  const lines: string[] = [];
  for (const line of scriptOf(recorded)) {
    lines.push(line);
    if (stage.broken !== undefined) continue;
    if (isCommand(line)) lines.push(...(await stage.play(line.slice(2))));
  }
  return { recorded, played: lines.join("\n") };
}
