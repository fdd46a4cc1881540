/** Everything about one node, and what can be done to it. */
import { useSignal } from "@preact/signals";
import type { NodeId } from "../../../../src/replication/types.ts";
import { Facts } from "../../ui/table.tsx";
import { isPlain, readCommand } from "../model/deeds.ts";
import type { NodeView } from "../model/moments.ts";
import { diskInWords } from "../model/words.ts";
import { leader, moment, recording } from "../state/recorded.ts";
import { doDeed } from "../state/scenario.ts";
import { LinkButtons } from "./link-deeds.tsx";

export function NodeDeeds({ id }: { readonly id: NodeId }) {
  const node = moment.value.nodes.find((one) => one.id === id);
  if (node === undefined) return <p class="hint">This node is not part of the cluster now.</p>;
  return (
    <>
      <NodeFacts node={node} />
      <div class="deeds">
        {node.state === "down" ? <DownDeeds id={id} /> : <UpDeeds id={id} />}
        <fieldset class="deed-row">
          <legend>Disk</legend>
          <Deed command={`disk ${id} full`} text="Full" />
          <Deed command={`disk ${id} free`} text="Free" />
          <Deed command={`disk ${id} 20ms`} text="Flushes take 20 ms" />
        </fieldset>
        <fieldset class="deed-row">
          <legend>Its wires</legend>
          <Deed command={`cut ${id}`} text="Cut all" />
          <Deed command={`heal ${id}`} text="Heal all" />
          <Deed command={`wire ${id} 20ms`} text="20 ms long" />
          <Deed command={`wire ${id} 1ms`} text="1 ms long" />
        </fieldset>
        <details class="links">
          <summary>Single links</summary>
          {moment.value.nodes
            .filter((other) => other.id !== id)
            .map(({ id: other }) => (
              <LinkButtons key={other} one={id} other={other} />
            ))}
        </details>
      </div>
    </>
  );
}

function NodeFacts({ node }: { readonly node: NodeView }) {
  const promised =
    node.promisedEpoch === 0
      ? "nothing"
      : `epoch ${node.promisedEpoch}${node.promisedLeader === undefined ? "" : ` to ${node.promisedLeader}`}`;
  return (
    <Facts
      class="node-facts"
      facts={[
        ["State", node.state === "up" ? node.role : node.state],
        ["Epoch", node.epoch],
        ["Promised", promised],
        ["Last, committed, applied", `${node.last}, ${node.committed}, ${node.applied}`],
        [node.state === "down" ? "Its disk keeps" : "A crash now leaves", diskInWords(node)],
        ["Disk", node.diskState],
      ]}
    />
  );
}

function DownDeeds({ id }: { readonly id: NodeId }) {
  return (
    <fieldset class="deed-row">
      <legend>Node</legend>
      <Deed command={`start ${id}`} text="Start" isMain />
      <Deed command={`wipe ${id}`} text="Wipe its disk" isDanger />
    </fieldset>
  );
}

function UpDeeds({ id }: { readonly id: NodeId }) {
  const key = useSignal("a");
  return (
    <>
      <fieldset class="deed-row">
        <legend>Node</legend>
        <Deed command={`crash ${id}`} text="Kill" isDanger />
        <Deed command={`freeze ${id} 50ms`} text="Freeze 50 ms" />
        <Deed command={`wipe ${id}`} text="Wipe its disk" isDanger />
        {id !== leader.value && <Deed command={moveTo(id)} text="Let it lead" />}
      </fieldset>
      <form
        class="deed-row"
        onSubmit={(event) => {
          event.preventDefault();
          if (isPlain(key.value)) void doDeed(readCommand(id, key.value, false));
        }}
      >
        <label class="read-key">
          <span>Read here</span>
          <input
            name="readKey"
            value={key.value}
            autocomplete="off"
            onInput={(event) => {
              key.value = event.currentTarget.value;
            }}
          />
        </label>
        <button type="submit">Read</button>
        <button
          type="button"
          title="Asks the leader for a confirming round first"
          onClick={() => {
            if (isPlain(key.value)) void doDeed(readCommand(id, key.value, true));
          }}
        >
          Linearizable
        </button>
      </form>
    </>
  );
}

/** With elections, a leader hands over; without them, the settings name another. */
function moveTo(id: NodeId): string {
  const before = recording.value.text.slice(0, moment.value.line + 1);
  const cluster = before.findLast((line) => /^> (?:cluster|seed|upgrade)\b/.test(line)) ?? "";
  return `${/failover|upgrade/.test(cluster.replace("failover=0", "")) ? "hand" : "lead"} ${id}`;
}

function Deed(props: { command: string; text: string; isMain?: boolean; isDanger?: boolean }) {
  const look = props.isMain === true ? "primary" : props.isDanger === true ? "danger" : "";
  return (
    <button
      type="button"
      class={look}
      title={`> ${props.command}`}
      onClick={() => void doDeed(props.command)}
    >
      {props.text}
    </button>
  );
}
