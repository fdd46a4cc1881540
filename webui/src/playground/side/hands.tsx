/** What can be done at the moment that is shown: with what is selected, and with the cluster as a whole. */
import { moment } from "../state/recorded.ts";
import { doDeed, runOn } from "../state/scenario.ts";
import { selection, selectNothing } from "../state/view.ts";
import { LinkDeeds } from "./link-deeds.tsx";
import { MessageDeeds, MessageList } from "./message-deeds.tsx";
import { NodeDeeds } from "./node-deeds.tsx";
import { WriteForm } from "./write-form.tsx";

export function Hands() {
  const chosen = selection.value;
  return (
    <section class="panel hands" aria-labelledby="hands-title">
      <header class="hands-head">
        <h2 id="hands-title">{titleOf(chosen)}</h2>
        {chosen.kind !== "nothing" && (
          <button type="button" class="quiet" onClick={selectNothing}>
            Close
          </button>
        )}
      </header>
      {chosen.kind === "node" && <NodeDeeds id={chosen.id} />}
      {chosen.kind === "message" && <MessageDeeds id={chosen.id} />}
      {chosen.kind === "link" && <LinkDeeds one={chosen.one} other={chosen.other} />}
      {chosen.kind === "nothing" && (
        <>
          <p class="hint">
            Choose a node, a message or a wire in the picture, or act on the cluster. What you do is
            added to the text at this moment.
          </p>
          <WriteForm />
          <ClusterDeeds />
        </>
      )}
      <MessageList />
    </section>
  );
}

function titleOf(chosen: typeof selection.value): string {
  switch (chosen.kind) {
    case "nothing":
      return "By hand";
    case "node":
      return chosen.id;
    case "message":
      return `Message #${chosen.id}`;
    case "link":
      return `${chosen.one} – ${chosen.other}`;
  }
}

/** The quorum, the leader, and time itself. */
function ClusterDeeds() {
  const { nodes } = moment.value;
  return (
    <div class="deeds">
      <label>
        <span>Write quorum</span>
        <select
          value=""
          onChange={(event) => {
            void doDeed(`quorum ${event.currentTarget.value}`);
          }}
        >
          <option value="">Change to …</option>
          {nodes.map(({ id }, quorum) => (
            <option key={id} value={String(quorum)}>
              {quorum} {quorum === 1 ? "ack" : "acks"}
            </option>
          ))}
        </select>
      </label>
      <fieldset class="deed-row">
        <legend>Let time pass after the end</legend>
        {[10, 100, 1000].map((ms) => (
          <button key={ms} type="button" onClick={() => void runOn(ms)}>
            {ms} ms
          </button>
        ))}
      </fieldset>
    </div>
  );
}
