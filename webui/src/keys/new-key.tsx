/**
 * The form for a new key. The write has `ifVersion` 0, so that it cannot replace a key that exists or
 * that somebody else creates at the same time.
 */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { clamp, count } from "../lib/units.ts";
import { go, route } from "../state/route.ts";
import { jsonProblem } from "../state/writing.ts";
import { Panel } from "../ui/panel.tsx";
import { JsonField, WriteButton } from "./json-field.tsx";
import { OutcomeCard } from "./outcome-card.tsx";
import { hasConflict, useWriting } from "./use-writing.ts";
import { optionsOf, useWriteOptions, WriteOptions } from "./write-options.tsx";

/** The limit of every node, in UTF-8; a longer key would be refused. */
const keyBytesMax = 1024;

/**
 * Starts with the prefix that was searched for. Once the key is written, or found to exist, the form
 * offers to open it.
 */
export function NewKey({ onDone }: { readonly onDone: () => void }) {
  const [name, setName] = useState(route.value.prefix);
  const [text, setText] = useState('{\n  "hello": "world"\n}');
  const [options, setOptions] = useWriteOptions();
  const writing = useWriting(() => {});
  const field = useRef<HTMLInputElement>(null);
  // In the layout effect, before the next key can be pressed: it must not act as a shortcut.
  useLayoutEffect(() => field.current?.focus(), []);
  const bytes = new TextEncoder().encode(name).length;
  const ready = jsonProblem(text) === undefined && bytes > 0 && bytes <= keyBytesMax;
  const { phase } = writing;
  const write = async () => {
    const order = { action: "put" as const, key: name, value: text, ifVersion: 0 };
    await writing.send({ ...order, ...optionsOf(options) });
  };
  const open = () => {
    go({ key: name });
    onDone();
  };
  const written = phase.type === "answered" && phase.outcome.type === "settled";
  return (
    <div class="key-detail">
      <Panel title="New key" hint="Written only if the key does not exist yet" class="key-panel">
        <form
          class="editor"
          onSubmit={(event) => {
            event.preventDefault();
            if (ready) void write();
          }}
        >
          <label>
            <span>Key</span>
            <input
              ref={field}
              name="new-key"
              value={name}
              required
              spellcheck={false}
              autocomplete="off"
              onInput={(event) => setName(event.currentTarget.value)}
            />
          </label>
          {bytes > keyBytesMax && (
            <p class="warning-note">A key has at most {count(keyBytesMax)} bytes.</p>
          )}
          <JsonField text={text} onChange={setText} />
          <div class="write-bar">
            <WriteOptions value={options} onChange={setOptions} />
            <div class="button-row">
              <WriteButton busy={phase.type === "sending"} ready={ready} />
              <button type="button" onClick={onDone}>
                Cancel
              </button>
            </div>
          </div>
        </form>
        <OutcomeCard writing={writing} />
        {(hasConflict(phase) || written) && (
          <div class="button-row">
            <button type="button" onClick={open}>
              Open “{clamp(name)}”
            </button>
          </div>
        )}
      </Panel>
    </div>
  );
}
