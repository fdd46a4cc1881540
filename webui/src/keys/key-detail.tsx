/**
 * One key: its value on one node, what can be done with it, and the same key on every node. The value is
 * read again whenever something newer has settled, so that the page shows what others write.
 */
import { useEffect, useState } from "preact/hooks";
import { addressOf } from "../api/http.ts";
import { urlTo } from "../api/place.ts";
import { indentJson, type KeyEntry } from "../api/wire.ts";
import { clamp, count, duration } from "../lib/units.ts";
import { leaderId, own } from "../state/live.ts";
import { curlCredential, mayWrite } from "../state/session.ts";
import { CopyButton } from "../ui/copy.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Blank, Panel, Scroller } from "../ui/panel.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { Facts } from "../ui/table.tsx";
import { Editor } from "./editor.tsx";
import { OutcomeCard } from "./outcome-card.tsx";
import { Presence } from "./presence.tsx";
import { useKey } from "./reading.ts";
import { useWriting, type Writing } from "./use-writing.ts";
import { optionsOf, useWriteOptions, WriteOptions } from "./write-options.tsx";

/**
 * `name` is the key; `from` the node to read from, empty for this page's own node. While the key is
 * edited, newer versions do not replace the text but are announced beside it.
 */
export function KeyDetail({ name, from }: { readonly name: string; readonly from: string }) {
  const { state, reload } = useKey(name, from);
  const writing = useWriting(reload);
  const [editing, setEditing] = useState<KeyEntry | undefined>(undefined);
  const { phase } = writing;
  // An unknown outcome is followed below the value; a further edit would compete with that write.
  useEffect(() => {
    if (phase.type === "answered" && phase.outcome.type !== "refused") setEditing(undefined);
  }, [phase]);
  const node = from === "" ? (own.value?.node ?? "this node") : from;
  return (
    <div class="key-detail">
      <Panel title={name} hint={`Read from ${node}`} class="key-panel">
        {state.type === "loading" && <Blank tone="loading">Reading …</Blank>}
        {state.type === "failed" && <ProblemNote problem={state.answer.problem} />}
        {state.type === "absent" && editing === undefined && (
          <Blank>
            {node} has no key “{clamp(name)}”.
          </Blank>
        )}
        {state.type === "found" && editing === undefined && (
          <ValueView
            entry={state.entry}
            facts={{ node, elapsedMs: state.elapsedMs, from }}
            writing={writing}
            onEdit={() => {
              writing.forget();
              setEditing(state.entry);
            }}
          />
        )}
        {editing !== undefined && (
          <Editor
            entry={editing}
            current={state.type === "found" ? state.entry : undefined}
            writing={writing}
            onClose={() => setEditing(undefined)}
            onRebase={setEditing}
          />
        )}
        <OutcomeCard writing={writing} />
      </Panel>
      <Presence name={name} />
    </div>
  );
}

interface ValueViewProps {
  readonly entry: KeyEntry;
  /** How the entry was read; `from` is empty for this page's own node. */
  readonly facts: { readonly node: string; readonly elapsedMs: number; readonly from: string };
  readonly writing: Writing;
  readonly onEdit: () => void;
}

/** Characters shown before somebody asks for all of them. */
const shownMax = 20_000;

/** Formatted for reading, and cut where it is very long; copying and editing use the whole value. */
function ValueView({ entry, facts, writing, onEdit }: ValueViewProps) {
  const [whole, setWhole] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const text = indentJson(entry.value);
  // As the node counts them, in UTF-8 and without the formatting.
  const bytes = new TextEncoder().encode(entry.value).length;
  // A value may have 1 MiB, which is slow to lay out.
  const isLong = text.length > shownMax && !whole;
  // For a terminal: it reads from the same node, through this page's own.
  const address = urlTo(
    `${addressOf("/read", facts.from)}?${new URLSearchParams({ key: entry.key })}`,
  );
  return (
    <>
      <Facts
        class="facts"
        facts={[
          ["version", count(entry.version)],
          ["size", `${count(bytes)} bytes`],
          ["read in", duration(facts.elapsedMs)],
        ]}
      />
      <Scroller label="Value" class="value">
        <pre data-test="value">{isLong ? `${text.slice(0, shownMax)}…` : text}</pre>
      </Scroller>
      <div class="button-row">
        {mayWrite.value && (
          <>
            <button type="button" class="primary" data-shortcut="edit" onClick={onEdit}>
              Edit
            </button>
            <button type="button" class="danger" onClick={() => setDeleting(true)}>
              Delete …
            </button>
          </>
        )}
        <CopyButton text={text} label="Copy value" />
        {entry.key.length > 48 && <CopyButton text={entry.key} label="Copy key" />}
        <CopyButton text={`curl ${curlCredential()}'${address}'`} label="Copy as curl" />
        {isLong && (
          <button type="button" class="quiet" onClick={() => setWhole(true)}>
            Show all {count(text.length)} characters
          </button>
        )}
      </div>
      {deleting && (
        <DeleteDialog entry={entry} writing={writing} onClose={() => setDeleting(false)} />
      )}
    </>
  );
}

/** A deletion asks first, and applies only to the version that was shown. */
function DeleteDialog(props: { entry: KeyEntry; writing: Writing; onClose: () => void }) {
  const { entry, writing, onClose } = props;
  const [options, setOptions] = useWriteOptions();
  const remove = () => {
    onClose();
    void writing.send({
      action: "delete",
      key: entry.key,
      ifVersion: entry.version,
      ...optionsOf(options),
    });
  };
  return (
    <Dialog title={`Delete “${clamp(entry.key)}”?`} onClose={onClose}>
      <p>
        The key is deleted on every node, but only if it still has version {count(entry.version)} on{" "}
        {leaderId.value}.
      </p>
      <WriteOptions value={options} onChange={setOptions} />
      <div class="button-row">
        <button type="button" class="danger solid" onClick={remove}>
          Delete
        </button>
        <button type="button" onClick={onClose}>
          Keep it
        </button>
      </div>
    </Dialog>
  );
}
