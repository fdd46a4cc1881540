/**
 * The processes of all nodes, the leader's among them, with buttons that stop, kill, freeze and restart
 * each. Only a cluster that `npm start` runs offers them.
 */
import type { Problem } from "../api/http.ts";
import type { ProcessAction } from "../api/wire.ts";
import { connection, leaderId, nodeIds } from "../state/live.ts";
import { actionsFor, control, processes, servesThisPage } from "../state/processes.ts";
import { NodeName } from "../ui/mark.tsx";

const labels: Readonly<Record<ProcessAction, string>> = {
  stop: "Stop",
  kill: "Kill -9",
  freeze: "Freeze",
  thaw: "Thaw",
  restart: "Restart",
};

interface ProcessRowsProps {
  /** Shows the refusal, or takes the last one away. */
  readonly onDone: (problem: Problem | undefined) => void;
}

/** Buttons that would do nothing are disabled rather than absent, so that none moves under the pointer. */
export function ProcessRows({ onDone }: ProcessRowsProps) {
  return (
    <section>
      <h3>Processes</h3>
      <ul class="fault-rows">
        {nodeIds.value.map((id) => (
          <li key={id} data-process={id}>
            <NodeName id={id} />
            <span class="fault-now">{stateInWords(id)}</span>
            <span class="button-row">
              <Buttons id={id} onDone={onDone} />
            </span>
          </li>
        ))}
      </ul>
      <p class="hint">
        A killed process starts again by itself; a stopped one stays down. A frozen one goes on
        after 5 minutes at the latest.
      </p>
    </section>
  );
}

function Buttons({ id, onDone }: ProcessRowsProps & { readonly id: string }) {
  const state = processes.value[id];
  const possible = actionsFor(state);
  const shown = ["stop", "kill", state === "frozen" ? "thaw" : "freeze", "restart"] as const;
  return (
    <>
      {shown.map((action) => (
        <button
          key={action}
          type="button"
          disabled={!possible.includes(action) || connection.value === "reconnecting"}
          aria-label={`${labels[action]} ${id}`}
          onClick={() => void control(id, action).then(onDone)}
        >
          {labels[action]}
        </button>
      ))}
    </>
  );
}

function stateInWords(id: string): string {
  const notes = [
    processes.value[id] ?? "unknown",
    ...(id === leaderId.value ? ["leads"] : []),
    ...(servesThisPage(id) ? ["serves this page"] : []),
  ];
  return notes.join(", ");
}
