/**
 * Prints how long the files of the product are and how much of them is comment, and fails beyond what
 * CONTRIBUTING allows: `node test/tools/size.ts`. Tests, generated code and style sheets do not count.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const medianMax = 90;
const ninthDecileMax = 200;
const largestMax = 400;
/** Share of the lines that are not blank. */
const commentShare = { min: 0.12, max: 0.2 };

interface Counted {
  readonly file: string;
  readonly lines: number;
  readonly code: number;
  readonly comments: number;
}

const listed = execFileSync(
  "git",
  ["ls-files", "src", "gateway", "simulation", "tools", "webui", "client"],
  {
    encoding: "utf8",
  },
);
const files = listed
  .split("\n")
  .filter((file) => /\.(?:ts|tsx|mjs)$/.test(file))
  .filter((file) => !/\.test\.tsx?$|\/generated\//.test(file));

function count(file: string): Counted {
  const text = readFileSync(file, "utf8").trimEnd().split("\n");
  let comments = 0;
  let code = 0;
  let inBlock = false;
  for (const line of text.map((raw) => raw.trim())) {
    if (line === "") continue;
    const starts = /^(?:\/\/|\/\*|\{\/\*)/.test(line);
    if (inBlock || starts) comments += 1;
    else code += 1;
    if (inBlock || line.includes("/*")) inBlock = !line.includes("*/") && (inBlock || starts);
  }
  return { file, lines: text.length, code, comments };
}

const counted = files.map(count).sort((one, other) => one.lines - other.lines);
const at = (share: number): number =>
  counted[Math.min(counted.length - 1, Math.floor(share * counted.length))]?.lines ?? 0;
const sum = (of: (file: Counted) => number): number =>
  counted.reduce((total, file) => total + of(file), 0);
const share = sum(({ comments }) => comments) / sum(({ code, comments }) => code + comments);
const largest = counted.at(-1);

const figures: readonly (readonly [string, number, boolean])[] = [
  [`median lines (at most ${medianMax})`, at(0.5), at(0.5) <= medianMax],
  [`90th percentile (at most ${ninthDecileMax})`, at(0.9), at(0.9) <= ninthDecileMax],
  [`largest (at most ${largestMax}): ${largest?.file}`, at(1), at(1) <= largestMax],
  [
    `comment share in % (${commentShare.min * 100} to ${commentShare.max * 100})`,
    Math.round(share * 1000) / 10,
    share >= commentShare.min && share <= commentShare.max,
  ],
];
process.stdout.write(`${counted.length} files, ${sum(({ lines }) => lines)} lines\n`);
for (const [name, value, isWithin] of figures)
  process.stdout.write(`${isWithin ? "ok  " : "NOT "}${name}: ${value}\n`);
if (process.argv.includes("--files"))
  for (const { file, lines, code, comments } of counted)
    process.stdout.write(
      `${lines}\t${Math.round((100 * comments) / (code + comments))} %\t${file}\n`,
    );
if (!figures.every(([, , isWithin]) => isWithin)) process.exit(1);
