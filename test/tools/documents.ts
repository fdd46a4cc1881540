/**
 * The Markdown files of the repository as tests see them: their code blocks, links and headings.
 * CONTRIBUTING.md tells writers how examples are marked.
 */
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");

const notOurs = new Set(["node_modules", "dist", "data", "reports", "coverage", ".git"]);
/** Made by the program for its own tests: its links point to files that are not kept. */
const testData = "simulation/report/golden";

export interface Block {
  readonly language: string;
  readonly text: string;
  /** Why it cannot run, as the mark before it says; absent: it runs. */
  readonly notRun: string | undefined;
  /** Programs that it needs beyond those of the repository. */
  readonly needs: readonly string[];
}

/** Paths relative to the root, in order. */
export const documentPaths = (): readonly string[] =>
  globSync("**/*.md", { cwd: root, exclude: (path) => notOurs.has(path) || path === testData })
    .filter((path) => !path.split("/").some((part) => notOurs.has(part)))
    .toSorted();

export const readDocument = (path: string): string => readFileSync(join(root, path), "utf8");

const fence = /^(?:<!-- ([^\n]*) -->\n)?```(\w*)\n(.*?)^```$/gms;

export const blocksOf = (markdown: string): readonly Block[] =>
  [...markdown.matchAll(fence)].map(([, mark = "", language = "", text = ""]) => ({
    language,
    text,
    notRun: /^not run here: (.+)$/.exec(mark)?.[1],
    needs: /^needs: (.+)$/.exec(mark)?.[1]?.split(", ") ?? [],
  }));

const withoutBlocks = (markdown: string): string => markdown.replaceAll(fence, "");

/** Targets of links and pictures, without those in code. */
export const linksOf = (markdown: string): readonly string[] =>
  [
    ...withoutBlocks(markdown)
      .replaceAll(/`[^`\n]*`/g, "code")
      .matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)|^\[[^\]]+\]: (\S+)$/gm),
  ].map(([, inline, reference]) => inline ?? reference ?? "");

/** The anchors that GitHub gives to the headings. */
export function anchorsOf(markdown: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of withoutBlocks(markdown).matchAll(/^#{1,6} (.+)$/gm)) {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll(/[`*]/g, "");
    const words = plain.trim().toLowerCase();
    const slug = words.replaceAll(/[^\p{Letter}\p{Number}\s_-]/gu, "").replaceAll(/\s/g, "-");
    let anchor = slug;
    for (let again = 1; anchors.has(anchor); again += 1) anchor = `${slug}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
}
