/**
 * The keys view: finds a key on any node, shows its value there and on every other node, and changes it.
 */
import { useEffect, useState } from "preact/hooks";
import { go, route } from "../state/route.ts";
import { prefixes } from "../state/session.ts";
import { Blank, Panel } from "../ui/panel.tsx";
import { KeyDetail } from "./key-detail.tsx";
import { KeyList } from "./key-list.tsx";
import { NewKey } from "./new-key.tsx";

/** Scrolls to the value where the list is above it, on a narrow page. */
function showDetail(): void {
  requestAnimationFrame(() => {
    const detail = document.querySelector<HTMLElement>(".key-detail");
    const isBeside = (detail?.offsetLeft ?? 0) > 100;
    if (!isBeside) detail?.scrollIntoView();
  });
}

/** Beside the list: the form for a new key, or the chosen key. */
export function KeysView() {
  const { key, from } = route.value;
  const [creating, setCreating] = useState(false);
  // A token for some prefixes may not list all keys.
  useEffect(() => {
    const [first] = prefixes.value;
    if (first !== undefined && route.peek().prefix === "") go({ prefix: first }, "replace");
  }, []);
  return (
    <div class="keys-grid">
      <KeyList
        onNew={() => {
          setCreating(true);
          showDetail();
        }}
        onPick={() => {
          setCreating(false);
          showDetail();
        }}
      />
      {creating ? (
        <NewKey onDone={() => setCreating(false)} />
      ) : key === undefined ? (
        <Panel title="Value" class="key-detail">
          <Blank>Select a key to see its value on every node, or create a new one.</Blank>
        </Panel>
      ) : (
        <KeyDetail key={`${from} ${key}`} name={key} from={from} />
      )}
    </div>
  );
}
