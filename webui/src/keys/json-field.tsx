/**
 * What the editor and the form for a new key share: the field for a value as JSON, and the button that
 * writes it. The text is sent as it stands, so that numbers keep their digits.
 */
import { useLayoutEffect, useRef } from "preact/hooks";
import { indentJson } from "../api/wire.ts";
import { isLeader, leaderId } from "../state/live.ts";
import { jsonProblem } from "../state/writing.ts";
import { throughLeader } from "./use-writing.ts";

/** Says where the write goes, once somebody has chosen to send writes to the leader. */
export function WriteButton({ busy, ready }: { readonly busy: boolean; readonly ready: boolean }) {
  const via = !isLeader.value && throughLeader.value ? ` via ${leaderId.value}` : "";
  return (
    <button type="submit" class="primary" disabled={busy || !ready}>
      {busy ? "Waiting for acks …" : `Write${via}`}
    </button>
  );
}

interface JsonFieldProps {
  readonly text: string;
  readonly onChange: (text: string) => void;
}

/** A text area that takes the focus, and says whether its text is JSON, and if not, why. */
export function JsonField({ text, onChange }: JsonFieldProps) {
  const problem = jsonProblem(text);
  const isGood = problem === undefined;
  const area = useRef<HTMLTextAreaElement>(null);
  // In the layout effect, before the next key can be pressed: it must not act as a shortcut.
  useLayoutEffect(() => area.current?.focus(), []);
  return (
    <div class="json-field">
      <label>
        <span>Value, as JSON</span>
        <textarea
          ref={area}
          rows={Math.min(16, Math.max(4, text.split("\n").length + 1))}
          value={text}
          spellcheck={false}
          aria-invalid={!isGood}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      </label>
      <p class={`json-check ${isGood ? "good" : "bad"}`}>
        {isGood ? (
          <>
            <span aria-hidden="true">✓ </span>valid JSON
            <button type="button" class="link" onClick={() => onChange(indentJson(text))}>
              Format
            </button>
          </>
        ) : (
          <>
            <span aria-hidden="true">✗ </span>
            {problem}
          </>
        )}
      </p>
    </div>
  );
}
