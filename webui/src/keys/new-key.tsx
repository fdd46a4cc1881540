/** A key that is not there yet; `ifVersion` 0 keeps it from replacing one that is. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { checkJson } from "../api/json.ts";
import { clamp, count } from "../lib/units.ts";
import { go, route } from "../state/route.ts";
import { Panel } from "../ui/panel.tsx";
import { JsonField, WriteButton } from "./editor.tsx";
import { OutcomeCard } from "./outcome-card.tsx";
import { useWriting } from "./use-writing.ts";
import { optionsOf, useWriteOptions, WriteOptions } from "./write-options.tsx";

const keyBytesMax = 1024;

export function NewKey({ onDone }: { readonly onDone: () => void }) {
  const [name, setName] = useState(route.value.prefix);
  const [text, setText] = useState('{\n  "hello": "world"\n}');
  const [options, setOptions] = useWriteOptions();
  const writing = useWriting(() => {});
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => field.current?.focus(), []);
  const bytes = new TextEncoder().encode(name).length;
  const ready = checkJson(text).ok && bytes > 0 && bytes <= keyBytesMax;
  const { phase } = writing;
  const exists =
    phase.type === "answered" &&
    phase.outcome.type === "refused" &&
    phase.outcome.problem.code === "VERSION_MISMATCH";
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
      <Panel title="New key" hint="Written only if the key is not there yet" class="key-panel">
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
        {(exists || written) && (
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
