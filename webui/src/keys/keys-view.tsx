/** Any key on any node: find it, read it, change it, and see where it is. */
import { useState } from "preact/hooks";
import { route } from "../state/route.ts";
import { Blank, Panel } from "../ui/panel.tsx";
import { KeyDetail } from "./key-detail.tsx";
import { KeyList } from "./key-list.tsx";
import { NewKey } from "./new-key.tsx";

/** Where the list stands above the value, a picked key's value would be out of sight. */
function showDetail(): void {
  requestAnimationFrame(() => {
    const detail = document.querySelector<HTMLElement>(".key-detail");
    const isBeside = (detail?.offsetLeft ?? 0) > 100;
    if (!isBeside) detail?.scrollIntoView();
  });
}

export function KeysView() {
  const { key, from } = route.value;
  const [creating, setCreating] = useState(false);
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
          <Blank>Pick a key to see its value and where it is, or make a new one.</Blank>
        </Panel>
      ) : (
        <KeyDetail key={`${from} ${key}`} name={key} from={from} />
      )}
    </div>
  );
}
