/** The help: every key, the commands of stories, and how to read what is drawn. */
import { Dialog } from "../../ui/dialog.tsx";
import { KeysHelp } from "../../ui/keys-help.tsx";
import { type Fact, Facts } from "../../ui/table.tsx";
import { shortcuts } from "../state/keys.ts";
import { dialog } from "../state/view.ts";
import { verbs } from "../world/world.ts";

/** As the language itself describes them. */
const commands: readonly Fact[] = Object.entries(verbs).map(([name, { form, options, says }]) => [
  [name, form, ...options.map((option) => `[${option}=]`)].join(" "),
  <Prose key={name} text={says} />,
]);

/** Words between backticks are code. */
function Prose({ text }: { readonly text: string }) {
  return (
    <>
      {text
        .split("`")
        .map((part, place) => (place % 2 === 1 ? <code key={place}>{part}</code> : part))}
    </>
  );
}

const readings: readonly Fact[] = [
  [
    "Nothing is imitated",
    "This page runs the protocol of the product itself, on a network, disks and clocks that are made up. The same text always gives the same run.",
  ],
  [
    "Time",
    "The time is virtual. At 1/1000× a millisecond takes a second. Waits of more than a second are passed over faster.",
  ],
  [
    "Truth",
    "After every event, the invariants of the virtual cluster and the check for linearizability are run. At the first promise that breaks, the run ends.",
  ],
];

export function Help() {
  return (
    <Dialog
      title="Help"
      class="help"
      onClose={() => {
        dialog.value = "none";
      }}
    >
      <div class="help-columns">
        <KeysHelp shortcuts={shortcuts.map(({ keys, does }) => [keys, does])} />
        <section>
          <h3>How to read</h3>
          <Facts class="terms" facts={readings} />
        </section>
        <section>
          <h3>Commands</h3>
          <Facts class="terms commands" facts={commands} />
        </section>
      </div>
    </Dialog>
  );
}
