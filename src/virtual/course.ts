/** The stories of `stories/` in the order in which they teach. A story has its file's name without `.txt`. */

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
      { name: "123-a-raised-floor-is-flushed-first", title: "A raised floor is flushed first" },
      { name: "124-lowered-before-it-was-raised", title: "Lowered before it was raised" },
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
      {
        name: "121-a-blank-node-that-promised-another",
        title: "A blank node that promised another",
      },
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
      { name: "120-a-view-waits-for-all-below", title: "A view waits for all below" },
      { name: "122-a-view-waits-for-one-copy-more", title: "A view waits for one copy more" },
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
      { name: "108-a-blank-promise-proves-nothing", title: "A blank promise proves nothing" },
      { name: "105-an-epoch-leaps-so-far", title: "An epoch leaps so far" },
      { name: "106-whom-a-follower-obeys", title: "Whom a follower obeys" },
    ],
  },
];
