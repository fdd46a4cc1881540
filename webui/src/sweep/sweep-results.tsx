/**
 * The results of a sweep: a table with a row per quorum, and the files of the report. The verdict of a
 * quorum says whether its mean agrees with theory, as far as the number of writes can tell.
 */
import { addressOf } from "../api/http.ts";
import { pathTo } from "../api/place.ts";
import type { Sweep } from "../api/wire.ts";
import { count, duration, type Tone } from "../lib/units.ts";
import { leaderId } from "../state/live.ts";
import { Blank } from "../ui/panel.tsx";
import { Table } from "../ui/table.tsx";

/** By the simulation's word for a verdict. */
const verdicts: Readonly<Record<string, string>> = {
  passed: "✓ passed",
  failed: "✗ failed",
  inconclusive: "? inconclusive",
};

/** Of a finished run: its worst verdict. */
export function toneOf({ results, error }: Sweep): Tone {
  if (error !== null || results.some(({ verdict }) => verdict === "failed")) return "bad";
  return results.some(({ verdict }) => verdict === "inconclusive") ? "warning" : "good";
}

const columns = [
  "Quorum",
  "Writes",
  "Mean (95 % interval)",
  "Theory",
  "Overhead",
  "p50",
  "p90",
  "p95",
  "Max",
  "Errors",
  "Verdict",
];

/** Rows come while the sweep runs. */
export function Results({ sweep }: { readonly sweep: Sweep }) {
  if (sweep.results.length === 0) return <Blank>A row appears when its quorum is done.</Blank>;
  return (
    <Table columns={columns} class="results">
      {sweep.results.map((row) => (
        <tr key={row.quorum}>
          <th scope="row">{row.quorum}</th>
          <td class="number">{count(row.samples)}</td>
          <td class="number">
            {duration(row.meanMs)}{" "}
            {row.meanLowMs !== null && row.meanHighMs !== null && (
              <span class="dim">
                ({duration(row.meanLowMs)} to {duration(row.meanHighMs)})
              </span>
            )}
          </td>
          {[row.theoryMs, row.overheadMs, row.p50Ms, row.p90Ms, row.p95Ms, row.maxMs].map(
            (ms, place) => (
              <td class="number" key={place}>
                {duration(ms)}
              </td>
            ),
          )}
          <td class="number">{count(row.errors)}</td>
          <td class={`verdict ${row.verdict}`}>{verdicts[row.verdict] ?? row.verdict}</td>
        </tr>
      ))}
    </Table>
  );
}

/** The name of each file, and the text of its link. */
const reportFiles: readonly (readonly [string, string])[] = [
  ["index.html", "Open the report"],
  ["report.md", "report.md"],
  ["results.json", "results.json"],
  ["samples.csv", "samples.csv"],
  ["summary.csv", "summary.csv"],
];

/** The files that the simulation has written; the HTML report opens in a tab, the others download. */
export function Report({ sweep }: { readonly sweep: Sweep }) {
  // A cancelled run has a report of the quorums that were done.
  if (sweep.state === "running" || sweep.results.length === 0) return null;
  return (
    <ul class="report-files" aria-label="Report">
      {reportFiles.map(([file, text]) => (
        <li key={file}>
          <a
            href={pathTo(addressOf(`/sweeps/${sweep.id}/report/${file}`, leaderId.value))}
            target={file === "index.html" ? "_blank" : undefined}
            download={file === "index.html" ? undefined : file}
            rel="noreferrer"
          >
            {text}
          </a>
        </li>
      ))}
    </ul>
  );
}
