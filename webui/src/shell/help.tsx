/**
 * The help: keyboard shortcuts, the terms that the page uses, and how to read its charts. It is part of
 * the page because a node may be the only server that a reader can reach.
 */
import { go } from "../state/route.ts";
import { shortcuts } from "../state/shortcuts.ts";
import { Dialog } from "../ui/dialog.tsx";
import { KeysHelp } from "../ui/keys-help.tsx";
import { type Fact, Facts } from "../ui/table.tsx";

/** Worded as in the glossary, docs/architecture.md. */
const terms: readonly Fact[] = [
  ["Leader", "The node that orders writes and sends them to the followers."],
  ["Follower", "A node that holds a copy of the leader's store."],
  ["Write quorum", "Follower acks that a write waits for, besides the leader's own flush."],
  ["Ack", "A follower's message that an entry is durable there."],
  [
    "Settled",
    "An entry that the leader has flushed and that has its quorum of acks. Its writer is answered.",
  ],
  ["Committed", "The highest version up to which every entry is settled. It never moves back."],
  ["Applied", "The highest version that reads on a node show."],
  [
    "Version",
    "The place of an entry in the log. A key's version is that of the entry that last wrote it.",
  ],
  ["Lag", "How far a follower is behind the leader, in entries or milliseconds."],
  ["Outcome unknown", "The deadline passed before the entry settled. It may still settle."],
  ["Digest", "A checksum of a whole store. Equal digests at the same version mean equal stores."],
  ["Epoch", "The number of a leadership. Each new one has a higher number."],
];

/** By the title of the panel. */
const readings: readonly Fact[] = [
  [
    "Topology",
    "Each write leaves the leader as one dot per follower. A dot travels for the time that the entry and its ack really took, and is drawn once that time is known; the last sixth is the ack. Above about 15 writes a second, figures replace the dots.",
  ],
  [
    "Waterfall",
    "One row per write and one mark per ack, on a common time axis. The heavy line marks the ack that settled the write; the dashed line marks where another quorum would have settled it.",
  ],
  [
    "Latency",
    "Points are writes. The line and the band are theory for the k-th fastest of independent uniform delays: the mean, and the range of nine in ten writes. The store's own work is not included.",
  ],
];

/** Open while the address names it, so that a link can lead to it. */
export function Help() {
  return (
    <Dialog title="Help" class="help" onClose={() => go({ panel: "" }, "replace")}>
      <div class="help-columns">
        <KeysHelp shortcuts={shortcuts.map(({ key, does }) => [key, does])} />
        <section>
          <h3>Terms</h3>
          <Facts class="terms" facts={terms} />
        </section>
        <section>
          <h3>How to read</h3>
          <Facts class="terms" facts={readings} />
        </section>
      </div>
    </Dialog>
  );
}
