/** Who is logged in, and the way out; where nobody has to be, whether the node is open to a network. */
import { useState } from "preact/hooks";
import { announce } from "../state/feed.ts";
import { logOut, session } from "../state/session.ts";

/** Nothing on a node that needs no token and is reached only from its own machine. */
export function Who() {
  const [busy, setBusy] = useState(false);
  const now = session.value;
  if (now === undefined) return null;
  const insecure = now.insecure ? <Insecure tokens={now.tokens} /> : null;
  if (!now.tokens) return insecure;
  const scope = now.prefixes === null ? "" : `, keys under ${now.prefixes.join(", ")}`;
  return (
    <div class="who">
      {insecure}
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

function Insecure({ tokens }: { readonly tokens: boolean }) {
  return (
    <span
      class="chip insecure"
      title={
        tokens
          ? "INSECURE=1: connections are not encrypted; others on the way can read tokens, keys and values"
          : "INSECURE=1: whoever reaches this node's ports can read and write"
      }
    >
      <span aria-hidden="true">▲ </span>insecure
    </span>
  );
}
