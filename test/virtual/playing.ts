/**
 * Stories are text files: prose behind `#`, commands behind `>`, below each command what came of it, and for readers of the
 * playground a prediction to make (`?`) and its answer (`!`).
 * `node test/virtual/playing.ts --update [name…]` records them anew.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { playStory } from "./play-story.ts";

export const storiesFolder = join(import.meta.dirname, "../../src/virtual/stories");

if (import.meta.main) {
  const [option, ...names] = process.argv.slice(2);
  if (option !== "--update" && option !== "--check") throw new Error("use --update or --check");
  for (const name of readdirSync(storiesFolder)) {
    if (names.length > 0 && !names.some((start) => name.startsWith(start))) continue;
    const path = join(storiesFolder, name);
    const { recorded, played } = await playStory(path).catch((error: unknown) => {
      if (option === "--update") throw error;
      return { recorded: name, played: String(error) };
    });
    if (option === "--update") writeFileSync(path, played);
    else if (played !== recorded) {
      console.log(`story ${name} goes another way`);
      process.exitCode = 1;
    }
  }
}
