/** The help: every key, the commands of stories, and how to read what is drawn. */
import { shortcutsOn } from "../../state/preferences.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { type Fact, Facts } from "../../ui/table.tsx";
import { shortcuts } from "../state/keys.ts";
import { dialog } from "../state/view.ts";

const commands: readonly Fact[] = [
  ["cluster followers=3 quorum=2", "begins a story; failover=1 allows elections"],
  ["write a=1", "also if=VERSION, quorum=2, wait=5ms; delete a deletes"],
  ["read follower1 a", "as=linearizable asks the leader first"],
  ["run 10ms", "lets time pass"],
  ["crash, start, wipe, freeze", "a node; freeze takes a time"],
  ["disk follower1 full", "also free, or how long a flush takes"],
  ["split leader follower1 oneway", "cuts the wire; join heals it"],
  ["cut, heal, wire", "all wires of a node; wire takes a time"],
  ["drop #17", "one message; also slow #17 5ms, repeat #17"],
  ["quorum 2", "for the writes that follow"],
  ["hand follower1", "the leader hands over; lead follower1 without elections"],
];

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
        <section>
          <h3>Keys</h3>
          <table class="keys-table">
            <tbody>
              {shortcuts.map(({ keys, does }) => (
                <tr key={does}>
                  <th scope="row">
                    <kbd>{keys}</kbd>
                  </th>
                  <td>{does}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <label class="check">
            <input
              type="checkbox"
              checked={shortcutsOn.value}
              onChange={(event) => {
                shortcutsOn.value = event.currentTarget.checked;
              }}
            />
            Single-key shortcuts
          </label>
        </section>
        <section>
          <h3>Commands</h3>
          <Facts class="terms commands" facts={commands} />
        </section>
        <section>
          <h3>How to read</h3>
          <Facts class="terms" facts={readings} />
        </section>
      </div>
    </Dialog>
  );
}
