/** Asks for a token, in place of the page. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Problem } from "../api/http.ts";
import { logIn } from "../state/session.ts";
import { ProblemNote } from "../ui/problem.tsx";

/** The token is sent once and kept nowhere in the page. */
export function Login() {
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => field.current?.focus(), []);
  const send = async () => {
    setBusy(true);
    const refusal = await logIn(field.current?.value.trim() ?? "");
    setBusy(false);
    setProblem(refusal);
    field.current?.select();
  };
  return (
    <main class="login">
      <form
        class="panel"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <h1>Quorum KV</h1>
        <p>This node answers only those who have a token.</p>
        <label>
          <span>Token</span>
          <input
            ref={field}
            name="token"
            type="password"
            required
            spellcheck={false}
            autocomplete="current-password"
          />
        </label>
        <button type="submit" class="primary" disabled={busy}>
          Log in
        </button>
        {problem !== undefined && <ProblemNote problem={problem} />}
        <p class="hint">
          An operator of the cluster makes tokens with <code>npm run token</code>.
        </p>
      </form>
    </main>
  );
}
