/** The stories as the playground gets them: `virtual:stories`. What was recorded of them is left out: the page plays them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";
import { scriptOf } from "../../src/virtual/playground/script.ts";

const folder = join(import.meta.dirname, "../../src/virtual/stories");

export const stories: Plugin = {
  name: "stories",
  resolveId: (id) => (id === "virtual:stories" ? "\0stories" : undefined),
  load(id) {
    if (id !== "\0stories") return undefined;
    const found = readdirSync(folder).filter((name) => name.endsWith(".txt"));
    const all = found.map((file) => ({
      name: file.replace(/\.txt$/, ""),
      text: `${scriptOf(readFileSync(join(folder, file), "utf8"))
        .join("\n")
        .trim()}\n`,
    }));
    all.sort((one, other) => Number.parseInt(one.name, 10) - Number.parseInt(other.name, 10));
    return `export const stories = ${JSON.stringify(all)};`;
  },
};
