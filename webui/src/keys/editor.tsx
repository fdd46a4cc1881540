/** Edits a value: JSON is checked while typing, and a change by somebody else is never overwritten. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { checkJson, indentJson } from "../api/json.ts";
import type { KeyEntry } from "../api/wire.ts";
import { count } from "../lib/units.ts";
import { isLeader, leaderId } from "../state/live.ts";
import { isOwnWrite } from "../state/own-writes.ts";
import { Conflict } from "./conflict.tsx";
import { throughLeader, type Writing } from "./use-writing.ts";
import { optionsOf, useWriteOptions, WriteOptions } from "./write-options.tsx";

interface EditorProps {
  /** What the edit began from. */
  readonly entry: KeyEntry;
  /** What the node shows now. */
  readonly current: KeyEntry | undefined;
  readonly writing: Writing;
  readonly onClose: () => void;
  /** Goes on from another version. */
  readonly onRebase: (entry: KeyEntry) => void;
}

export function Editor({ entry, current, writing, onClose, onRebase }: EditorProps) {
  const [text, setText] = useState(indentJson(entry.value));
  const [guarded, setGuarded] = useState(true);
  const [options, setOptions] = useWriteOptions();
  const { phase } = writing;
  const write = async (ifVersion: number | undefined) => {
    const order = { action: "put" as const, key: entry.key, value: text, ifVersion };
    await writing.send({ ...order, ...optionsOf(options) });
  };
  const conflict =
    phase.type === "answered" &&
    phase.outcome.type === "refused" &&
    phase.outcome.problem.code === "VERSION_MISMATCH";
  // While this page's own write is under way, a new version may be that one.
  const isOwn = phase.type === "sending" || (current !== undefined && isOwnWrite(current.version));
  const moved = current !== undefined && current.version !== entry.version && !isOwn;
  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault();
        if (checkJson(text).ok) void write(guarded ? entry.version : undefined);
      }}
    >
      <JsonField text={text} onChange={setText} />
      <label class="check">
        <input
          type="checkbox"
          checked={guarded}
          onChange={(event) => setGuarded(event.currentTarget.checked)}
        />
        Only if it is still version {count(entry.version)}
      </label>
      {moved && !conflict && (
        <p class="warning-note" role="status">
          <span aria-hidden="true">▲ </span>
          Somebody wrote version {count(current.version)} meanwhile.
        </p>
      )}
      <div class="write-bar">
        <WriteOptions value={options} onChange={setOptions} />
        <div class="button-row">
          <WriteButton busy={phase.type === "sending"} ready={checkJson(text).ok} />
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </div>
      {conflict && (
        <Conflict
          name={entry.key}
          mine={text}
          onTheirs={(theirs) => {
            writing.forget();
            setText(indentJson(theirs.value));
            onRebase(theirs);
          }}
          onMine={(theirs) => {
            onRebase(theirs);
            void write(theirs.version);
          }}
          onCreate={() => void write(0)}
        />
      )}
    </form>
  );
}

export function WriteButton({ busy, ready }: { readonly busy: boolean; readonly ready: boolean }) {
  const via = !isLeader.value && throughLeader.value ? ` via ${leaderId.value}` : "";
  return (
    <button type="submit" class="primary" disabled={busy || !ready}>
      {busy ? "Waiting for acks …" : `Write${via}`}
    </button>
  );
}

/** A text area that says whether its text is JSON, and why not. */
export function JsonField(props: { text: string; onChange: (text: string) => void }) {
  const { text, onChange } = props;
  const check = checkJson(text);
  const area = useRef<HTMLTextAreaElement>(null);
  // Before the next key can be pressed: it must not act as a shortcut.
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
          aria-invalid={!check.ok}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      </label>
      <p class={`json-check ${check.ok ? "good" : "bad"}`}>
        {check.ok ? (
          <>
            <span aria-hidden="true">✓ </span>valid JSON
            <button type="button" class="link" onClick={() => onChange(indentJson(text))}>
              Tidy up
            </button>
          </>
        ) : (
          <>
            <span aria-hidden="true">✗ </span>
            {check.reason}
          </>
        )}
      </p>
    </div>
  );
}
