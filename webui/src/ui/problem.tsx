/** A refusal, as the node worded it, with what its code means for the next step. */
import type { Problem } from "../api/http.ts";

const unknown = "Whether anything was written is not known.";

const advice: Readonly<Record<string, string>> = {
  QUORUM_UNAVAILABLE: "Nothing was written. Lower the quorum, or wait for followers to return.",
  OVERLOADED: "Nothing was written. Try again in a moment.",
  RECOVERING: "Nothing was written. The leader is still learning what its followers hold.",
  SHUTTING_DOWN: "Nothing was written. The node is stopping.",
  UNREACHABLE: unknown,
  OUTCOME_UNKNOWN: unknown,
  INTERNAL: unknown,
  TOO_LARGE: "Nothing was written. A value may have up to 1 MiB.",
};

export function ProblemNote({ problem }: { readonly problem: Problem }) {
  const note = problem.code.startsWith("HTTP_") ? unknown : advice[problem.code];
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{problem.detail}</strong>
      </p>
      {note !== undefined && <p>{note}</p>}
      <p class="dim">
        <code>{problem.code}</code>
        {problem.status > 0 && ` · HTTP ${problem.status}`}
      </p>
    </div>
  );
}
