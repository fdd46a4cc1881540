/**
 * A refusal in the node's own words, with what its code means for the next step, and the code itself for
 * those who look it up in the API documentation.
 */
import type { Problem } from "../api/http.ts";
import { adviceOn } from "../lib/refusals.ts";

/** Shown as an alert, so that a screen reader reads it at once. */
export function ProblemNote({ problem }: { readonly problem: Problem }) {
  const advice = adviceOn(problem.code);
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{problem.detail}</strong>
      </p>
      {advice !== undefined && <p>{advice}</p>}
      <p class="dim">
        <code>{problem.code}</code>
        {problem.status > 0 && ` · HTTP ${problem.status}`}
      </p>
    </div>
  );
}
