/** Faults in what elections and elected leaders do, planted like those of planted.ts. */
import type { PlantedFault } from "./planted.ts";

const faults: readonly Omit<PlantedFault, "failover">[] = [
  {
    name: "two candidates may use the same epoch",
    file: "replication/election/epochs.ts",
    from: "return round > known ? round : round + nodes;",
    to: "return round > known ? known + 1 : known + 1;",
  },
  {
    name: "phase 1 does with one node fewer",
    file: "replication/floor-note.ts",
    from: "? nodes - floorOf(note.quorum, Math.floor(nodes / 2)) : nodes;",
    to: "? nodes - floorOf(note.quorum, Math.floor(nodes / 2)) - 1 : nodes;",
  },
  {
    name: "the floor is not capped at a majority",
    story: "54",
    file: "replication/floor-note.ts",
    from: "Math.min(Math.max(1, quorum), max);",
    to: "Math.min(Math.max(1, quorum), Math.max(max, 5));",
  },
  {
    name: "an elected leader lowers the floor while too few are live to note it",
    story: "73",
    file: "replication/leader/floor.ts",
    from: "this.#rule.strict || !(few && live.every(knows))",
    to: "!(few && live.every(knows))",
  },
  {
    name: "a note is in force with one follower fewer than the one before asks for",
    story: "89",
    file: "replication/leader/floor.ts",
    from: "const enough = this.#known(pending.number) >= wanted;",
    to: "const enough = this.#known(pending.number) >= wanted - 1;",
  },
  {
    name: "a blank follower is led at once",
    story: "59",
    file: "replication/leader/leading.ts",
    from: "|| !promise.blank || isAdmitted)",
    to: "|| !promise.blank || isAdmitted || promise.blank)",
  },
  {
    name: "a blank node counts in phase 1",
    file: "replication/recovery/recovery.ts",
    from: "proving >= this.#needed()",
    to: "answers.length >= this.#needed()",
  },
  {
    name: "a candidate keeps what a lost stream told it",
    story: "68",
    file: "replication/recovery/recovery.ts",
    from: "this.#start.electing !== undefined ||",
    to: "",
  },
  {
    name: "a leader does not obey a higher prepare",
    story: "56",
    file: "node/roles/leader/incoming.ts",
    from: 'if (message.type === "prepare" && this.#mayLead(message)) {',
    to: 'if (message.type === "prepare" && this.#mayLead(message) && this.#core.notReady) {',
  },
  {
    name: "a round is confirmed with one answer fewer",
    file: "replication/leader/rounds.ts",
    from: "return rounds[this.needed - 1] ?? 0;",
    to: "return this.needed === 1 ? this.#asked : (rounds[this.needed - 2] ?? 0);",
  },
  {
    name: "what has quorum 0 is applied without an ack",
    story: "58",
    file: "replication/leader/leader-state.ts",
    from: "start.election === undefined ? 0 : Math.min(1, start.followers.length)",
    to: "start.election === undefined ? 0 : 0",
  },
  {
    name: "a refused condition is told without a round",
    story: "57",
    file: "node/roles/leader/write-answers.ts",
    from: 'if ("after" in refusal)\n        this.#confirming',
    to: "if (this.#core.epoch < 0 && after > 0)\n        this.#confirming",
  },
  {
    name: "a follower votes although it hears its leader",
    story: "52",
    file: "replication/election/election.ts",
    from: "if (this.#heardAt !== undefined && now - this.#heardAt < timeoutMs)",
    to: "if (this.#heardAt !== undefined && now < 0)",
  },
  {
    name: "the mark of elected leaders on notes is ignored",
    story: "65",
    file: "replication/floor-note.ts",
    from: "note?.elected === true ?",
    to: "note !== undefined ?",
  },
  {
    name: "a node stands with one vote fewer",
    story: "71",
    file: "replication/election/election.ts",
    from: "proving.length + 1 < electionNeeds(nodes, note)",
    to: "proving.length + 2 < electionNeeds(nodes, note)",
  },
  {
    name: "half of all nodes replace a leader that they hear",
    story: "85",
    file: "replication/election/election.ts",
    from: "if (isUnable && votes.length + 1 <= nodes / 2) return [];",
    to: "",
  },
  {
    name: "a leader that is heard and cannot lead is not replaced",
    story: "86",
    file: "replication/election/election.ts",
    from: "if (isUnable && votes.length + 1 <= nodes / 2)",
    to: "if (isUnable)",
  },
  {
    name: "a closing leader goes on although another one leads",
    story: "69",
    file: "node/roles/node.ts",
    from: `    if (this.#closing) {
      this.#role.leave(undefined);
      this.#left(undefined);
      return;
    }`,
    to: "    if (this.#closing) return;",
  },
  {
    name: "blank nodes ask for votes that they cannot use",
    story: "70",
    file: "replication/election/election.ts",
    from: "if (this.#own().blank && !vote.blank) return this.#leaveToOthers(now);",
    to: "",
  },
  {
    name: "a leader counts on a lease for longer than it was lent",
    file: "replication/lease.ts",
    from: "leaseMs * 0.95",
    to: "leaseMs * 1.9",
  },
  {
    name: "a leader allows for no difference of clocks",
    story: "81-slow-clock",
    file: "replication/lease.ts",
    from: "leaseMs * 0.95",
    to: "leaseMs",
  },
  {
    name: "a leader looks at its lease by the time of its last question",
    file: "node/roles/leader/read-rounds.ts",
    from: "this.#core.holdsLease(this.#parts.options.clock.now())",
    to: "this.#core.holdsLease(rounds.askedAt)",
  },
  {
    name: "a lease lasts from the answer on",
    story: "90",
    file: "replication/leader/rounds.ts",
    from: "this.#rounds.find((round) => round.number === number)?.at;",
    to: "this.#rounds.find((round) => round.number >= number) && this.#rounds.at(-1)?.at;",
  },
  {
    name: "a lease needs one follower fewer",
    story: "84-too-few-lend",
    file: "replication/leader/leases.ts",
    from: "newest[this.#needed - 1]",
    to: "newest[Math.max(0, this.#needed - 2)]",
  },
  {
    name: "a process that starts does not wait for what the one before may have lent",
    story: "80-restarted-lender-waits",
    file: "replication/follower/lending.ts",
    from: "mayHaveLent ? start.now + leaseMs : Number",
    to: "mayHaveLent ? start.now : Number",
  },
  {
    name: "a follower promises although it has lent",
    story: "83-a-candidate-waits-one-lease-at-most",
    file: "replication/follower/follower.ts",
    from: "if (isNewEpoch && now < this.#freeAt(leader)) {",
    to: "if (isNewEpoch && now < 0) {",
  },
  {
    name: "a follower stands although it has lent",
    story: "78-promise-waits-for-the-lease",
    file: "node/roles/follower/candidacy.ts",
    from: "if (waitMs > 0) {",
    to: "if (waitMs > 1_000) {",
  },
  {
    name: "a follower lends on while a candidate waits",
    story: "83-a-candidate-waits-one-lease-at-most",
    file: "replication/follower/follower.ts",
    from: "lend && !blank && this.#waiting.isEmpty",
    to: "lend && !blank",
  },
  {
    name: "a leader that hands over goes on counting on its lease",
    story: "79-handover-gives-the-lease-back",
    file: "replication/leader/leading.ts",
    from: "this.leases.giveUp(this.rounds?.asked ?? 0);",
    to: "",
  },
  {
    name: "promises carry no settings",
    file: "replication/follower/prepare.ts",
    from: "settings: settings?.()",
    to: "",
  },
  {
    name: "a change of settings is answered before followers hold it",
    file: "replication/leader/leader-settings.ts",
    from: "return heartbeats.sort((a, b) => b - a)[needed - 1] ?? 0;",
    to: "return this.told;",
  },
  {
    name: "a leader that hands over answers what it has not settled",
    file: "node/roles/leader/leading.ts",
    from: `    this.settling.expireAll();
    this.confirming.leave();`,
    to: `    this.settling.reachAll(this.core.last);
    this.confirming.leave();`,
  },
  {
    name: "a leader that handed over goes on in its role",
    file: "node/roles/leader/leading.ts",
    from: `    this.parts.leave();
    this.handover.leave();`,
    to: "    this.handover.leave();",
  },
  {
    name: "a leader that hands over goes on proposing",
    file: "node/roles/leader/handover.ts",
    from: "this.#writes.hold();",
    to: "",
  },
  {
    name: "a leader hands over while writes in flight could still settle",
    file: "node/roles/leader/handover.ts",
    from: "if (committed < last && clock.now() - attempt.since < settleMsMax) return;",
    to: "if (committed < 0 && clock.now() - attempt.since < settleMsMax) return;",
  },
  {
    name: "a leader that gave a handover up goes on holding writes",
    file: "node/roles/leader/handover.ts",
    from: "this.#writes.release();",
    to: "",
  },
  {
    name: "a leader that leaves forgets the writes that it holds",
    file: "node/roles/leader/writes.ts",
    from: "for (const { answer } of this.#asks.splice(0)) this.#refuse(answer, refusal);",
    to: "if (refusal === undefined) this.#asks.splice(0);",
  },
  {
    name: "a read mark is told without a round",
    story: "91",
    file: "node/roles/leader/read-marks.ts",
    from: "this.#confirming.whenConfirmed(() => succeeded(number));",
    to: "this.#parts.lifetime.over\n      ? this.#confirming.whenConfirmed(() => succeeded(number))\n      : succeeded(number);",
  },
  {
    name: "a read mark answers questions that were asked after it",
    file: "node/roles/follower/read-marks.ts",
    from: "this.#waiting.reachAll(number);",
    to: "this.#waiting.reachAll(this.#asked + 1);",
  },
  {
    name: "a follower answers a linearizable read before it has applied the mark",
    file: "node/roles/follower/reads.ts",
    from: "readAt(Math.max(minVersion, mark))",
    to: "readAt(Math.min(minVersion, mark))",
  },
  {
    name: "of two handovers at once, one is never answered",
    file: "node/roles/node.ts",
    from: "this.#leaving.add(left);",
    to: `this.#leaving.clear();
      this.#leaving.add(left);`,
  },
  {
    name: "the leader of choice does not get its place back",
    file: "node/roles/leader/hand-back.ts",
    from: "this.#handover.begin(choice, () => {});",
    to: "",
  },
];

export const electionFaultsPlanted: readonly PlantedFault[] = faults.map((fault) => ({
  ...fault,
  failover: true,
}));
