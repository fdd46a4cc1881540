/**
 * The stories of `stories/` in the order in which they teach, and the planted faults that they
 * show. A story is named after its file, without `.txt`.
 */

interface CourseStory {
  readonly name: string;
  readonly title: string;
}

export interface Chapter {
  readonly title: string;
  /** One sentence. */
  readonly about: string;
  readonly stories: readonly CourseStory[];
}

/** All stories, each once. */
export const course: readonly Chapter[] = [
  {
    title: "One write",
    about:
      "From the proposal to the answer, and what happens when a node is slow, full or in doubt.",
    stories: [
      { name: "01-one-write", title: "One write" },
      { name: "08-commit-mark-when-idle", title: "The mark when nothing follows" },
      { name: "36-read-your-writes", title: "Read your own writes" },
      { name: "22-outcome-unknown", title: "Outcome unknown" },
      { name: "29-full-disk-at-the-leader", title: "A full disk at the leader" },
      { name: "32-shutting-down", title: "An orderly stop" },
    ],
  },
  {
    title: "Acks and the write quorum",
    about: "A writer waits for the k-th fastest of the followers, and for nobody else.",
    stories: [
      { name: "02-kth-ack", title: "The k-th ack" },
      { name: "03-slow-follower-does-not-block", title: "A slow follower blocks nobody" },
      { name: "04-fail-fast", title: "Fail fast" },
      { name: "10-duplicates", title: "Each message comes twice" },
      { name: "119-an-append-comes-twice", title: "One append comes twice" },
      { name: "30-full-disk-at-a-follower", title: "A full disk at a follower" },
      { name: "33-frozen-follower", title: "A frozen follower" },
      { name: "34-leaders-own-pause", title: "The leader's own pause" },
      { name: "40-demanding-write", title: "A demanding write" },
      {
        name: "23-quorum-lowered-while-writes-wait",
        title: "The quorum is lowered while writes wait",
      },
      { name: "31-overloaded", title: "Every queue is bounded" },
    ],
  },
  {
    title: "Order and holes",
    about: "Entries arrive and settle in any order; they are applied in one.",
    stories: [
      { name: "06-out-of-order", title: "Out of order" },
      { name: "07-hole-then-fill", title: "A hole, then filled" },
      { name: "05-no-head-of-line-blocking", title: "No head-of-line blocking" },
      { name: "09-reconnect", title: "A new stream" },
      { name: "117-a-message-is-dropped", title: "A message is dropped" },
      { name: "118-a-message-is-slow", title: "A message is slow" },
    ],
  },
  {
    title: "Crashes and disks",
    about: "What a node knows after a crash, and what a lost disk does not prove.",
    stories: [
      { name: "14-intact-restart", title: "An intact log" },
      { name: "37-promise-survives", title: "A promise survives" },
      { name: "12-first-start-sees-everybody", title: "The first start sees everybody" },
      { name: "13-blank-follower-does-not-count", title: "A blank follower does not count" },
      { name: "38-acks-of-a-lost-disk", title: "Acks of a lost disk" },
      { name: "46-named-version-stays", title: "A version that is named stays" },
      { name: "45-deposed-with-a-full-disk", title: "Deposed with a full disk" },
    ],
  },
  {
    title: "Recovery",
    about: "A leader that lost its log asks the others, and keeps whatever may have been answered.",
    stories: [
      { name: "15-leaders-disk-lost", title: "The leader's disk is lost" },
      { name: "16-recovery-waits", title: "A recovery waits for enough" },
      { name: "35-leadership-moved", title: "Leadership moved" },
      { name: "11-stale-epoch", title: "A stale epoch" },
      { name: "17-highest-epoch-wins", title: "The highest epoch wins" },
      { name: "18-hole-becomes-noop", title: "A hole becomes a no-op" },
      { name: "24-floor", title: "The floor" },
      { name: "25-floor-with-too-few-live", title: "The floor with too few live" },
      { name: "39-floor-waits-for-holders", title: "The floor waits for holders" },
      { name: "49-another-leader-by-one-nodes-settings", title: "One node with other settings" },
      { name: "48-applied-and-not-in-the-history", title: "Applied, and not in the history" },
    ],
  },
  {
    title: "Elections",
    about: "Any node may lead, one at a time, once enough others have promised.",
    stories: [
      { name: "50-first-election", title: "The first election" },
      { name: "51-leader-dies", title: "The leader dies" },
      { name: "64-votes-are-lost", title: "Votes are lost" },
      { name: "62-two-candidates", title: "Two candidates" },
      { name: "71-a-node-stands-with-enough-votes-only", title: "Too few votes" },
      { name: "61-blank-node-proves-nothing", title: "A blank node proves nothing" },
      { name: "70-blank-nodes-ask-nobody", title: "Blank nodes ask nobody" },
      { name: "67-full-disk-at-the-leader", title: "The leader's disk is full" },
      { name: "63-one-way-cut", title: "Cut one way" },
      { name: "86-one-way-cut-of-six", title: "Cut one way, of six" },
      { name: "66-settings-stay", title: "Settings stay" },
      { name: "88-settings-last-as-long-as-processes", title: "As long as processes last" },
      { name: "65-upgrade-asks-all", title: "An upgrade asks all" },
    ],
  },
  {
    title: "Handovers and leases",
    about: "Leadership moves on purpose, and reads need no round while a lease lasts.",
    stories: [
      { name: "72-handover", title: "A handover" },
      { name: "69-closing-leader-obeys", title: "A closing leader obeys" },
      { name: "77-read-by-lease", title: "Read by lease" },
      { name: "78-promise-waits-for-the-lease", title: "A promise waits for the lease" },
      { name: "83-a-candidate-waits-one-lease-at-most", title: "One lease at most" },
      { name: "79-handover-gives-the-lease-back", title: "A handover gives the lease back" },
      { name: "80-restarted-lender-waits", title: "A restarted lender waits" },
      { name: "82-frozen-through-its-lease", title: "Frozen through its lease" },
      { name: "84-too-few-lend", title: "Too few lend" },
      { name: "81-slow-clock", title: "A slow clock" },
      { name: "90-late-answers", title: "Late answers" },
    ],
  },
  {
    title: "Split brain that does not happen",
    about: "Two nodes may take themselves for the leader; what they answer is still one history.",
    stories: [
      { name: "57-no-round-no-read", title: "No round, no read" },
      { name: "56-deposed-while-frozen", title: "Deposed while frozen" },
      { name: "52-a-healed-link-deposes-nobody", title: "A healed link deposes nobody" },
      { name: "53-three-against-three", title: "Three against three" },
      { name: "85-a-split-stays-quiet", title: "A split stays quiet" },
      { name: "54-two-of-six-elect-nobody", title: "Two of six elect nobody" },
      { name: "91-a-mark-needs-a-round", title: "A mark needs a round" },
      {
        name: "55-a-low-write-makes-elections-dearer",
        title: "A low write makes elections dearer",
      },
      { name: "58-quorum-0-is-lost-alone", title: "Quorum 0 is lost alone" },
      { name: "73-a-note-waits-for-enough", title: "A note waits for enough" },
      { name: "89-a-note-on-one-follower-fewer", title: "A note on one follower fewer" },
      { name: "87-a-change-that-nobody-heard", title: "A change that nobody heard" },
    ],
  },
  {
    title: "Snapshots",
    about: "Where the log no longer reaches back, the store is sent.",
    stories: [
      { name: "27-snapshot-after-compaction", title: "A snapshot after compaction" },
      { name: "28-crash-in-a-snapshot", title: "A crash in a snapshot" },
      { name: "107-an-empty-snapshot-empties-nobody", title: "An empty snapshot empties nobody" },
    ],
  },
  {
    title: "Which cluster",
    about: "Every cluster has an id, so that folders and nodes of two clusters never mix.",
    stories: [
      { name: "92-an-id-before-the-first-write", title: "An id before the first write" },
      { name: "102-confirmed-only-once-flushed", title: "Confirmed only once flushed" },
      { name: "97-confirmed-on-one-disk", title: "Confirmed on one disk" },
      { name: "93-folders-of-two-clusters", title: "Folders of two clusters" },
      { name: "94-folders-of-two-clusters-vote", title: "They do not vote for each other" },
      { name: "95-taken-by-the-wrong-cluster", title: "Taken by the wrong cluster" },
      { name: "103-promised-to-the-wrong-cluster", title: "Promised to the wrong cluster" },
      { name: "99-the-id-outlives-the-leaders-disk", title: "The id outlives the leader's disk" },
      {
        name: "104-a-provisional-id-outlives-the-leaders-disk",
        title: "A provisional id outlives it too",
      },
      { name: "100-a-blank-leader-of-two-clusters", title: "A blank leader of two clusters" },
      { name: "96-one-node-is-not-upgraded", title: "One node is not upgraded" },
      { name: "98-two-ids-at-once", title: "Two ids at once" },
      { name: "101-a-folder-of-a-former-version", title: "A folder of a former version" },
    ],
  },
  {
    title: "Conditions, transactions, repeats",
    about: "A write may rest on another one, on several keys, or on its own first attempt.",
    stories: [
      { name: "20-cas-settles-after", title: "A condition settles after" },
      { name: "21-refusal-waits", title: "A refusal waits" },
      { name: "19-dropped-with-its-dependency", title: "Dropped with what it rests on" },
      { name: "110-a-check-goes-with-its-write", title: "A check goes with its write" },
      { name: "111-a-check-waits", title: "A check waits" },
      { name: "112-keys-in-one-view", title: "Keys in one view" },
      { name: "113-a-write-sent-twice", title: "A write sent twice" },
      { name: "114-a-write-sent-to-the-next-leader", title: "Sent again to the next leader" },
      {
        name: "115-an-earlier-attempt-does-not-come-back",
        title: "An earlier attempt does not come back",
      },
      { name: "116-what-is-remembered", title: "What is remembered" },
    ],
  },
  {
    title: "For the curious",
    about: "Histories of several leaderships, most of them found by a seed.",
    stories: [
      { name: "41-inherited-cas-settles-after", title: "Inherited, and conditional" },
      { name: "42-leftover-is-overruled", title: "A leftover is overruled" },
      { name: "43-one-version-two-writes", title: "One version, two writes" },
      { name: "74-older-condition-of-a-newer-epoch", title: "An older condition of a newer epoch" },
      { name: "75-absent-since-a-deletion", title: "Absent since a deletion" },
      { name: "76-pinned-anew", title: "Pinned anew" },
      { name: "26-floor-on-its-way-at-a-restart", title: "A floor on its way at a restart" },
      { name: "44-a-lost-disk-knows-no-floor", title: "A lost disk knows no floor" },
      { name: "47-floor-note-not-flushed-yet", title: "A note that is not flushed yet" },
      { name: "59-blank-follower-is-held", title: "A blank follower is held back" },
      { name: "60-blank-follower-and-one-away", title: "A blank follower, and one away" },
      { name: "68-promise-of-a-lost-stream", title: "The promise of a lost stream" },
      { name: "105-an-epoch-leaps-so-far", title: "An epoch leaps so far" },
      { name: "106-whom-a-follower-obeys", title: "Whom a follower obeys" },
    ],
  },
];

/** A planted fault, the story that goes another way with it, and what the broken rule is for. */
export interface Hunt {
  readonly fault: string;
  readonly story: string;
  readonly rule: string;
}

/** Each fault has its name in `test/virtual/planted.ts` or `planted-elections.ts`. */
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
    fault: "a leader counts on a lease for longer than it was lent",
    story: "77-read-by-lease",
    rule: "A lease ends before the followers may promise somebody else a higher epoch.",
  },
];
