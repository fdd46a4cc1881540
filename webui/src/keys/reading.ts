/** Reads of keys from a node, and the hooks that read again whenever something newer has settled. */
import { useEffect, useState } from "preact/hooks";
import { type Answer, addressOf, call } from "../api/http.ts";
import {
  type KeyEntry,
  type KeyList,
  type NodeStatus,
  parseEntry,
  parsePage,
} from "../api/wire.ts";
import { useThrottled } from "../lib/hooks.ts";
import { cluster, model, own, paused, tick } from "../state/live.ts";

/** Keys per page of the list. */
const pageSize = 50;

export interface ListQuery {
  readonly prefix: string;
  /** The node that is asked; empty: this page's own. */
  readonly from: string;
  /** The last key of the page before; undefined for the first page. */
  readonly after: string | undefined;
}

/** One page of keys that start with the prefix, in key order. */
export function listKeys(query: ListQuery, signal: AbortSignal): Promise<Answer<KeyList>> {
  const asked = new URLSearchParams({ prefix: query.prefix, limit: String(pageSize) });
  if (query.after !== undefined) asked.set("after", query.after);
  return call(`${addressOf("/read", query.from)}?${asked}`, { parse: parsePage, signal });
}

const countTries = 10;
const countAgainMs = 300;

/**
 * How many keys a node's store has, once it has applied the sequence that a list of its keys showed.
 * Undefined when it does not answer, or does not get there within three seconds.
 */
export async function countKeys(
  from: string,
  asOf: { readonly sequence: number; readonly signal: AbortSignal },
): Promise<number | undefined> {
  for (let number = 0; number < countTries && !asOf.signal.aborted; number++) {
    const answer = await call<NodeStatus>(addressOf("/status", from), { signal: asOf.signal });
    if (!answer.ok) return undefined;
    if (answer.value.applied >= asOf.sequence) return answer.value.keys;
    await new Promise((resolve) => setTimeout(resolve, countAgainMs));
  }
  return undefined;
}

/** One key as the node `from` shows it; a key that does not exist is a refusal, KEY_NOT_FOUND. */
export const readKey = (
  key: string,
  from: string,
  signal: AbortSignal,
): Promise<Answer<KeyEntry>> =>
  call(`${addressOf("/read", from)}?${new URLSearchParams({ key })}`, {
    parse: parseEntry,
    signal,
  });

/** The highest settled version that the page knows of, looked at twice a second, and not while paused. */
export function useNewest(): number {
  useThrottled(tick, 2);
  const [shown, setShown] = useState(0);
  const committed = cluster.value?.committed ?? 0;
  const settled = newestSettled();
  const newest = paused.value ? shown : Math.max(committed, settled);
  useEffect(() => setShown(newest), [newest]);
  return newest;
}

/** What a node had applied when it last reported; empty: this page's own. A slow one applies late. */
export function useApplied(from: string): number {
  const id = from === "" ? own.value?.node : from;
  return cluster.value?.nodes.find((node) => node.id === id)?.applied ?? 0;
}

function newestSettled(): number {
  for (const trace of model.traces.ring.newest(20)) {
    if (trace.outcome === "settled") return trace.sequence;
  }
  return 0;
}

/** What is known of a key on one node. */
type KeyState =
  | { readonly type: "loading" }
  | { readonly type: "found"; readonly entry: KeyEntry; readonly elapsedMs: number }
  | { readonly type: "absent" }
  | { readonly type: "failed"; readonly answer: Answer<KeyEntry> & { ok: false } };

/**
 * A key as a node shows it, read again whenever something newer has settled or the node has applied more,
 * or on `reload`.
 */
export function useKey(key: string, from: string): { state: KeyState; reload: () => void } {
  const [state, setState] = useState<KeyState>({ type: "loading" });
  const [turn, setTurn] = useState(0);
  const newest = useNewest();
  const applied = useApplied(from);
  useEffect(() => {
    const control = new AbortController();
    void readKey(key, from, control.signal).then((answer) => {
      if (!control.signal.aborted) setState(stateOf(answer));
    });
    return () => control.abort();
  }, [key, from, newest, applied, turn]);
  return { state, reload: () => setTurn((last) => last + 1) };
}

function stateOf(answer: Answer<KeyEntry>): KeyState {
  if (answer.ok) return { type: "found", entry: answer.value, elapsedMs: answer.elapsedMs };
  if (answer.problem.code === "KEY_NOT_FOUND") return { type: "absent" };
  return { type: "failed", answer };
}
