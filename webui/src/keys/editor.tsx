/**
 * Edits the value of a key. JSON is checked while it is typed, and unless somebody turns that off, the
 * write succeeds only if nobody else has changed the key.
 */
import { useState } from "preact/hooks";
import { indentJson, type KeyEntry } from "../api/wire.ts";
import { count } from "../lib/units.ts";
import { isOwnWrite, jsonProblem } from "../state/writing.ts";
import { Conflict } from "./conflict.tsx";
import { JsonField, WriteButton } from "./json-field.tsx";
import { hasConflict, type Writing } from "./use-writing.ts";
import { optionsOf, useWriteOptions, WriteOptions } from "./write-options.tsx";

interface EditorProps {
  /** The version that the edit started from. */
  readonly entry: KeyEntry;
  /** What the node shows now. */
  readonly current: KeyEntry | undefined;
  readonly writing: Writing;
  readonly onClose: () => void;
  /** Continues the edit from another version. */
  readonly onRebase: (entry: KeyEntry) => void;
}

/** Its parent closes it once a write is answered with anything but a refusal. */
export function Editor({ entry, current, writing, onClose, onRebase }: EditorProps) {
  const [text, setText] = useState(indentJson(entry.value));
  const [guarded, setGuarded] = useState(true);
  const [options, setOptions] = useWriteOptions();
  const { phase } = writing;
  const isJson = jsonProblem(text) === undefined;
  const write = async (ifVersion: number | undefined) => {
    const order = { action: "put" as const, key: entry.key, value: text, ifVersion };
    await writing.send({ ...order, ...optionsOf(options) });
  };
  const conflict = hasConflict(phase);
  // While this page's own write is being answered, a new version may be that one.
  const isOwn = phase.type === "sending" || (current !== undefined && isOwnWrite(current.version));
  const moved = current !== undefined && current.version !== entry.version && !isOwn;
  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault();
        if (isJson) void write(guarded ? entry.version : undefined);
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
          Somebody wrote version {count(current.version)} in the meantime.
        </p>
      )}
      <div class="write-bar">
        <WriteOptions value={options} onChange={setOptions} />
        <div class="button-row">
          <WriteButton busy={phase.type === "sending"} ready={isJson} />
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
