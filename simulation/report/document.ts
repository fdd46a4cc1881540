/** The report's parts in their order, before any format: each renderer only decides on looks. */
import type { Analysis } from "../analysis/analyse.ts";
import type { Verdict } from "../analysis/verdict.ts";
import type { Results } from "../results/schema.ts";
import { type Figure, figuresOf } from "./figures/index.ts";
import {
  comparisonTable,
  errorsTable,
  labTable,
  storesTable,
  summaryTable,
  type Table,
} from "./table.ts";
import { environmentRows, method, optionsInWords, whyStoresDiffer } from "./texts.ts";

/** One piece of a section. Each renderer has a case for each type. */
export type Block =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "list"; readonly items: readonly string[] }
  | { readonly type: "table"; readonly table: Table }
  | { readonly type: "figure"; readonly figure: Figure };

/** A heading and what stands below it. */
export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** The whole report, without any markup. */
export interface Document {
  readonly title: string;
  readonly headline: string;
  /** One paragraph: what was done. */
  readonly facts: string;
  readonly verdicts: readonly Verdict[];
  readonly sections: readonly Section[];
  readonly command: string;
}

/** An earlier run to set this one beside. */
export interface Baseline {
  readonly name: string;
  readonly analysis: Analysis;
}

const text = (words: string): Block => ({ type: "text", text: words });
const tableBlock = (table: Table): Block => ({ type: "table", table });

/** Sections that a run has no data for say so in a sentence rather than being left out. */
export const documentOf = (
  results: Results,
  analysis: Analysis,
  baseline?: Baseline,
): Document => ({
  title: "What a write quorum costs",
  headline: analysis.headline,
  facts: optionsInWords(results),
  verdicts: analysis.verdicts,
  sections: [
    { title: "Summary", blocks: [tableBlock(summaryTable(analysis))] },
    { title: "Figures", blocks: figureBlocks(results, analysis) },
    { title: "Stores compared", blocks: storeBlocks(results, analysis) },
    { title: "Beside the lab's published means", blocks: labBlocks(results, analysis) },
    ...(baseline === undefined ? [] : [baselineSection(analysis, baseline)]),
    { title: "Writes without success", blocks: errorBlocks(results) },
    { title: "Method and caveats", blocks: [{ type: "list", items: method }] },
    {
      title: "Environment",
      blocks: [tableBlock([["", ""], ...environmentRows(results)])],
    },
  ],
  command: results.command,
});

const figureBlocks = (results: Results, analysis: Analysis): readonly Block[] =>
  figuresOf({ results, analysis }).map((figure) => ({ type: "figure", figure }));

function storeBlocks(results: Results, analysis: Analysis): readonly Block[] {
  const differs = results.passes.some(({ comparisons }) =>
    comparisons.some(({ followers }) => followers.some(({ identical }) => !identical)),
  );
  return [
    text(whyStoresDiffer),
    tableBlock(storesTable(analysis)),
    ...(differs
      ? [
          text(
            "Key by key in diffs/ (format diffs of render), one file per follower that differed.",
          ),
        ]
      : []),
  ];
}

function labBlocks(results: Results, analysis: Analysis): readonly Block[] {
  const table = labTable(results, analysis);
  return table === undefined
    ? [text("The lab measured five followers with delays of 0 to 1000 ms; this run had others.")]
    : [
        text(
          "The lab measured 100 writes per quorum. A mean of 100 such writes has a 95 % interval of " +
            "about ±28 to ±37 ms by chance alone, for the lab as for this run.",
        ),
        tableBlock(table),
      ];
}

const baselineSection = (analysis: Analysis, { name, analysis: before }: Baseline): Section => ({
  title: `Beside the baseline (${name})`,
  blocks: [tableBlock(comparisonTable(before.quorums, analysis.quorums))],
});

function errorBlocks(results: Results): readonly Block[] {
  const table = errorsTable(results);
  return table === undefined
    ? [text("None: every write was answered with success.")]
    : [
        text(
          "Refused writes left nothing behind. A write of unknown outcome may still have settled " +
            "after its deadline; it is not counted as failed nor as done.",
        ),
        tableBlock(table),
      ];
}
