/** Which planted faults are instructive to hunt, and by which story. */

/** A planted fault, the story that goes another way with it, and what the broken rule is for. */
export interface Hunt {
  readonly fault: string;
  readonly story: string;
  readonly rule: string;
}

/** Each fault has its name in `planted/`. */
export const hunts: readonly Hunt[] = [
  {
    fault: "an entry settles one ack too early",
    story: "01-one-write",
    rule: "A settled write is on as many followers as its writer asked for: a recovery counts on that number.",
  },
  {
    fault: "an entry settles before the leader has flushed it",
    story: "29-full-disk-at-the-leader",
    rule: "The leader's disk is one of the copies. A leader whose log is intact must hold every settled entry.",
  },
  {
    fault: "a follower acks before its flush",
    story: "30-full-disk-at-a-follower",
    rule: "An ack says that an entry is durable there. What is not flushed is gone after a power cut.",
  },
  {
    fault: "a follower applies beyond the committed mark",
    story: "08-commit-mark-when-idle",
    rule: "Only what has settled without a gap is shown. An entry beyond it may yet be replaced by another one.",
  },
  {
    fault: "the committed mark moves over an entry that is not settled",
    story: "05-no-head-of-line-blocking",
    rule: "Committed counts what has settled without a gap, so that no store shows what may yet vanish.",
  },
  {
    fault: "a read of the leader sees a write before it is settled",
    story: "22-outcome-unknown",
    rule: "What was shown must stay. An entry that has not settled may be lost with the leader's disk.",
  },
  {
    fault: "a conditional write does not wait for the write it rests on",
    story: "20-cas-settles-after",
    rule: "If the first write vanishes, the second has to vanish too, so it must not be answered before.",
  },
  {
    fault: "a refusal does not wait for the write it rests on",
    story: "21-refusal-waits",
    rule: "A refusal states what a key holds. It must be as true as a read.",
  },
  {
    fault: "two acks of one follower count as two",
    story: "119-an-append-comes-twice",
    rule: "Acks are counted by follower: two messages of one node speak of one copy.",
  },
  {
    fault: "a promise is given before it is durable",
    story: "37-promise-survives",
    rule: "A promise must outlive the process: somebody else counts on it.",
  },
  {
    fault: "a follower promises any epoch",
    story: "17-highest-epoch-wins",
    rule: "Who promised an epoch refuses every lower one, so that two leaders cannot count on the same follower.",
  },
  {
    fault: "acks from before a follower's disk was replaced still count",
    story: "38-acks-of-a-lost-disk",
    rule: "With the disk, the copy is gone that the ack had spoken of.",
  },
  {
    fault: "a leader without its log leads at once",
    story: "15-leaders-disk-lost",
    rule: "An empty log proves nothing. A leader that followed it would erase its followers.",
  },
  {
    fault: "a recovery counts a blank follower",
    story: "13-blank-follower-does-not-count",
    rule: "An empty disk may have held what was settled; its silence proves nothing.",
  },
  {
    fault: "a recovery prefers the lowest epoch",
    story: "17-highest-epoch-wins",
    rule: "Of two entries at one place, the one of the higher epoch may have settled.",
  },
  {
    fault: "a new leadership of a lost disk uses an epoch again",
    story: "43-one-version-two-writes",
    rule: "An epoch that is used twice leaves two entries at one place, with nothing to choose between them.",
  },
  {
    fault: "a recovery keeps a conditional entry whose condition no longer holds",
    story: "19-dropped-with-its-dependency",
    rule: "A conditional entry may stand only in a log in which its condition holds.",
  },
  {
    fault: "a recovery keeps leftovers that a later epoch did not have in its log",
    story: "42-leftover-is-overruled",
    rule: "Whoever proposed a conditional entry had the whole log below it at hand.",
  },
  {
    fault: "the floor is lowered before enough followers know of it",
    story: "26-floor-on-its-way-at-a-restart",
    rule: "A recovery asks F - W + 1 followers for the lowest W: enough of them must know that W first.",
  },
  {
    fault: "an intact log leads without asking whether somebody else led meanwhile",
    story: "45-deposed-with-a-full-disk",
    rule: "A leader that was away must ask: another one may have led, and have settled newer writes.",
  },
  {
    fault: "an unknown outcome names a version that a crash may give to another write",
    story: "46-named-version-stays",
    rule: "A version names one write for ever, or it is not told.",
  },
  {
    fault: "a view of several keys shows each as of another moment",
    story: "112-keys-in-one-view",
    rule: "Several keys in one view show one place in the log, as if they were read in one moment.",
  },
  {
    fault: "a view of several keys waits for the writes of these keys only",
    story: "120-a-view-waits-for-all-below",
    rule: "A view that names its place in the log waits until nothing below that place can change.",
  },
  {
    fault: "a view of several keys is of what is settled, though no follower holds it",
    story: "122-a-view-waits-for-one-copy-more",
    rule: "What one disk alone holds goes with that disk, and another entry may come in its place.",
  },
  {
    fault: "a write is not remembered in its entry",
    story: "113-a-write-sent-twice",
    rule: "The record of a write travels with its entry, so that a repeat finds it wherever the entry is.",
  },
  {
    fault: "a recovery brings an earlier attempt back beside the one that settled",
    story: "115-an-earlier-attempt-does-not-come-back",
    rule: "A write with a key takes effect once, also when two of its attempts are found.",
  },
  {
    fault: "a snapshot may stand below what the follower has applied",
    story: "107-an-empty-snapshot-empties-nobody",
    rule: "A store never goes back: what a node has shown, it shows again.",
  },
  {
    fault: "nodes of two clusters have nothing against each other",
    story: "93-folders-of-two-clusters",
    rule: "Data of two clusters must never be merged: neither of them is a later state of the other.",
  },
  {
    fault: "a follower votes although it hears its leader",
    story: "52-a-healed-link-deposes-nobody",
    rule: "A leader that is heard is not deposed: otherwise each link that breaks would cost an election.",
  },
  {
    fault: "the floor is not capped at a majority",
    story: "54-two-of-six-elect-nobody",
    rule: "Two of six nodes must not elect: the others could lower the quorum without them.",
  },
  {
    fault: "a blank follower is led at once",
    story: "59-blank-follower-is-held",
    rule: "A blank node may have promised a newer leader; its acks could settle what that leader does not have.",
  },
  {
    fault: "a round is confirmed with one answer fewer",
    story: "53-three-against-three",
    rule: "A leader reads only after a majority has confirmed it: that majority meets every election.",
  },
  {
    fault: "a refused condition is told without a round",
    story: "57-no-round-no-read",
    rule: "A refusal rests on what a key holds, and a leader that was replaced does not know that.",
  },
  {
    fault: "what has quorum 0 is applied without an ack",
    story: "58-quorum-0-is-lost-alone",
    rule: "No store runs ahead of all others: it would have to be thrown away after a failover.",
  },
  {
    fault: "a lease needs one follower fewer",
    story: "84-too-few-lend",
    rule: "A lease counts while so many followers lend that every election must ask one of them.",
  },
];
