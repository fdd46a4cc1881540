/** The waterfall's figures as rows. */
import { count, duration } from "../lib/units.ts";
import { keysInWords } from "../state/feed.ts";
import type { WriteTrace } from "../state/traces.ts";

export function WaterfallTable({ traces }: { readonly traces: readonly WriteTrace[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Version</th>
          <th scope="col">Keys</th>
          <th scope="col">Quorum</th>
          <th scope="col">Outcome</th>
          <th scope="col">Answered after</th>
          <th scope="col">Acks in order of arrival (of that, held back)</th>
        </tr>
      </thead>
      <tbody>
        {traces.map((trace) => (
          <tr key={`${trace.sequence} ${trace.at}`}>
            <td class="number">{count(trace.sequence)}</td>
            <td>{keysInWords(trace.keys)}</td>
            <td class="number">{trace.quorum}</td>
            <td>{trace.outcome}</td>
            <td class="number">
              {trace.latencyMs === undefined ? "–" : duration(trace.latencyMs)}
            </td>
            <td>
              {trace.acks
                .map((ack) => `${ack.node} ${duration(ack.ms)} (${duration(ack.delayMs)})`)
                .join(", ")}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
