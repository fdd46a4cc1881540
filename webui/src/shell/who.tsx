/** Who is logged in, and the way out; where nobody has to be, whether the node is open to a network. */
import { useState } from "preact/hooks";
import { announce } from "../state/feed.ts";
import { logOut, session } from "../state/session.ts";

/** Nothing on a node that needs no token and is reached only from its own machine. */
export function Who() {
  const [busy, setBusy] = useState(false);
  const now = session.value;
  if (now === undefined) return null;
  if (!now.tokens) return now.insecure ? <Insecure /> : null;
  const scope = now.prefixes === null ? "" : `, keys under ${now.prefixes.join(", ")}`;
  return (
    <div class="who">
      <span title={`Role: ${now.role}${scope}`}>
        <strong>{now.id}</strong> <span class="role-chip">{now.role}</span>
      </span>
      <button
        type="button"
        class="tool"
        disabled={busy}
        onClick={async () => {
          setBusy(true);
          const refusal = await logOut();
          setBusy(false);
          if (refusal !== undefined) announce(refusal.detail);
        }}
      >
        Log out
      </button>
    </div>
  );
}

function Insecure() {
  return (
    <span
      class="chip insecure"
      title="INSECURE=1: whoever reaches this node's ports can read and write, and listen on the way"
    >
      <span aria-hidden="true">▲ </span>insecure
    </span>
  );
}
