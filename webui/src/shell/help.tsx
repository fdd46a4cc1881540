/** How to read the page, its words, and its keys. */
import { shortcutsOn } from "../state/preferences.ts";
import { go } from "../state/route.ts";
import { shortcuts } from "../state/shortcuts.ts";
import { Dialog } from "../ui/dialog.tsx";

const words: readonly (readonly [string, string])[] = [
  ["Write quorum", "Follower acks a write waits for; the leader's own flush always comes on top."],
  ["Ack", "A follower's promise that an entry is durable there."],
  ["Settled", "Flushed on the leader, with its quorum of acks. Then the writer is answered."],
  ["Committed", "Highest version such that it and all before it are settled. Never moves back."],
  ["Applied", "Highest version that reads on a node show."],
  ["Version", "Of a key: the place in the log of the entry that last wrote it."],
  ["Lag", "Entries, or milliseconds, that a follower is behind the leader."],
  ["Outcome unknown", "The deadline passed before the entry settled. It may still settle."],
  ["Digest", "A fingerprint of a whole store; equal digests at one version mean equal stores."],
  ["Epoch", "Number of a leadership; each new one has a higher number."],
];

const readings: readonly (readonly [string, string])[] = [
  [
    "Topology",
    "Each write leaves the leader as one dot per follower and travels for the time it really took, drawn as soon as that time is known. The last sixth of the way is the ack's return. Above about 15 writes a second, figures replace dots.",
  ],
  [
    "Waterfall",
    "One row per write, one mark per ack, on a common time axis. The heavy line is the ack that answered the writer; the dashed one is where it would have been under another quorum.",
  ],
  [
    "Latency",
    "Points are writes. The line and band are theory: the mean, and where nine of ten writes fall, for the k-th fastest of independent uniform delays. The store's own work comes on top.",
  ],
];

export function Help() {
  return (
    <Dialog title="Help" class="help" onClose={() => go({ panel: "" }, "replace")}>
      <div class="help-columns">
        <section>
          <h3>Keys</h3>
          <table class="keys-table">
            <tbody>
              {shortcuts.map(({ key, does }) => (
                <tr key={key}>
                  <th scope="row">
                    <kbd>{key}</kbd>
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
          <h3>Words</h3>
          <Terms pairs={words} />
        </section>
        <section>
          <h3>How to read</h3>
          <Terms pairs={readings} />
        </section>
      </div>
    </Dialog>
  );
}

function Terms({ pairs }: { readonly pairs: readonly (readonly [string, string])[] }) {
  return (
    <dl class="terms">
      {pairs.map(([word, meaning]) => (
        <div key={word}>
          <dt>{word}</dt>
          <dd>{meaning}</dd>
        </div>
      ))}
    </dl>
  );
}
