/**
 * Searches the keys of a node by prefix, a page at a time, so that a large store costs no more than a
 * small one. The list is read again when something newer has settled.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Answer } from "../api/http.ts";
import type { KeyList as List } from "../api/wire.ts";
import { clamp, count, plural } from "../lib/units.ts";
import { cluster, own } from "../state/live.ts";
import { go, route } from "../state/route.ts";
import { mayWrite } from "../state/session.ts";
import { Blank, Invitation, Panel } from "../ui/panel.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { countKeys, type ListQuery, listKeys, useApplied, useNewest } from "./reading.ts";

interface KeyListProps {
  /** Opens the form for a new key. */
  readonly onNew: () => void;
  /** Called before the route changes to the chosen key. */
  readonly onPick: () => void;
}

/** The prefix and the node are part of the address; the page is not. */
export function KeyList({ onNew, onPick }: KeyListProps) {
  const { prefix, from } = route.value;
  // The key that each page after the first starts behind; the last one is that of the page shown.
  const [starts, setStarts] = useState<readonly string[]>([]);
  const { list, keys } = useList({ prefix, from, after: starts.at(-1) });
  useEffect(() => setStarts([]), [prefix, from]);
  return (
    <Panel
      title="Keys"
      hint={keys === undefined ? "" : `${plural(keys, "key")} in this store`}
      class="key-list"
      actions={
        mayWrite.value && (
          <button type="button" class="primary" data-shortcut="new" onClick={onNew}>
            New key
          </button>
        )
      }
    >
      <div class="search-row">
        <label class="grow">
          <span>Keys that start with</span>
          <input
            type="search"
            data-shortcut="search"
            value={prefix}
            placeholder="any prefix"
            spellcheck={false}
            autocomplete="off"
            onInput={(event) => go({ prefix: event.currentTarget.value }, "replace")}
          />
        </label>
        <NodePicker value={from} onChange={(node) => go({ from: node })} />
      </div>
      <Page list={list} prefix={prefix} onPick={onPick} onNew={onNew} />
      <Pages
        page={starts.length + 1}
        next={list?.ok === true ? list.value.next : null}
        onFirst={() => setStarts([])}
        onBack={() => setStarts(starts.slice(0, -1))}
        onNext={(after) => setStarts([...starts, after])}
      />
    </Panel>
  );
}

/** The node to read from; empty: this page's own. */
function NodePicker(props: { value: string; onChange: (node: string) => void }) {
  const others = (cluster.value?.nodes ?? []).filter(({ id }) => id !== own.value?.node);
  return (
    <label>
      <span>Read from</span>
      <select value={props.value} onChange={(event) => props.onChange(event.currentTarget.value)}>
        <option value="">this node ({own.value?.node ?? "…"})</option>
        {others.map(({ id, state }) => (
          <option key={id} value={id}>
            {id}
            {state === "live" ? "" : ` (${state})`}
          </option>
        ))}
      </select>
    </label>
  );
}

/**
 * The page of keys, and how many keys the store has. Both are undefined until the first answer; a page
 * stays until the next one arrives, and is read again after each newer write, also where the node applies
 * it late.
 */
function useList(query: ListQuery) {
  const [list, setList] = useState<Answer<List> | undefined>(undefined);
  const [keys, setKeys] = useState<number | undefined>(undefined);
  const { prefix, from, after } = query;
  const newest = useNewest();
  const applied = useApplied(from);
  const seen = list?.ok === true ? list.value.sequence : 0;
  /** The query that is shown, or asked for since then. News may cancel its request: it is sent again. */
  const asked = useRef({ question: "", at: 0, isAnswered: false });
  const sentAt = useRef(Number.NEGATIVE_INFINITY);
  // A new query is sent after a pause in typing; the same one again at most twice a second.
  useEffect(() => {
    const question = JSON.stringify([prefix, from, after]);
    if (asked.current.question !== question)
      asked.current = { question, at: performance.now(), isAnswered: false };
    const { at, isAnswered } = asked.current;
    if (isAnswered && newest <= seen) return;
    const control = new AbortController();
    const timer = setTimeout(
      () => {
        sentAt.current = performance.now();
        void listKeys({ prefix, from, after }, control.signal).then((answer) => {
          if (control.signal.aborted) return;
          asked.current.isAnswered = true;
          setList(answer);
        });
      },
      // News may come more often than that: the pause counts from the last request.
      (isAnswered ? sentAt.current + 500 : at + 120) - performance.now(),
    );
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [prefix, from, after, newest, applied, seen]);
  const isListed = list?.ok === true;
  // The effect above ends with each answer; counting goes on until there is a newer list.
  useEffect(() => {
    if (!isListed) return;
    const control = new AbortController();
    void countKeys(from, { sequence: seen, signal: control.signal }).then((number) => {
      if (!control.signal.aborted && number !== undefined) setKeys(number);
    });
    return () => control.abort();
  }, [from, seen, isListed]);
  return { list, keys };
}

interface PageProps extends KeyListProps {
  readonly list: Answer<List> | undefined;
  readonly prefix: string;
}

/** The keys of one page, or why there are none; an empty store offers to write the first key. */
function Page({ list, prefix, onPick, onNew }: PageProps) {
  if (list === undefined) return <Blank tone="loading">Loading keys …</Blank>;
  if (!list.ok) return <ProblemNote problem={list.problem} />;
  if (list.value.entries.length === 0) {
    const absent = prefix === "" ? "The store is empty." : `No key starts with “${clamp(prefix)}”.`;
    if (!mayWrite.value) return <Blank>{absent}</Blank>;
    return (
      <Invitation
        action={prefix === "" ? "Write the first key" : `New key “${clamp(prefix, 24)}…”`}
        onAct={onNew}
      >
        {absent}
      </Invitation>
    );
  }
  return (
    <ul class="key-rows" aria-label="Keys found">
      {list.value.entries.map(({ key, value, version }) => (
        <li key={key}>
          <button
            type="button"
            class="key-row"
            aria-current={route.value.key === key ? "true" : undefined}
            onClick={() => {
              onPick();
              go({ key });
            }}
          >
            <span class="key-name" title={key}>
              {clamp(key, 40)}
            </span>
            <span class="key-value">{value.slice(0, 120)}</span>
            <span class="key-version">
              <span class="visually-hidden">version </span>
              {count(version)}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

interface PagesProps {
  /** Counted from 1. */
  readonly page: number;
  /** Null on the last page. */
  readonly next: string | null;
  readonly onFirst: () => void;
  readonly onBack: () => void;
  readonly onNext: (after: string) => void;
}

/** Nothing where all keys fit on one page. */
function Pages({ page, next, onFirst, onBack, onNext }: PagesProps) {
  if (page === 1 && next === null) return null;
  return (
    <nav class="pages" aria-label="Pages of keys">
      <button type="button" disabled={page === 1} onClick={onFirst}>
        First
      </button>
      <button type="button" disabled={page === 1} onClick={onBack}>
        Back
      </button>
      <span>Page {count(page)}</span>
      <button type="button" disabled={next === null} onClick={() => next !== null && onNext(next)}>
        Next
      </button>
    </nav>
  );
}
