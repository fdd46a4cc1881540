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
    file: "replication/leader/floor.ts",
    from: "const enough = this.#known(pending.number) >= wanted;",
    to: "const enough = this.#known(pending.number) >= wanted - 1;",
  },
  {
    name: "a blank follower is led at once",
    story: "59",
    file: "replication/leader/leader.ts",
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
    from: "if (failover && isHigher && isMeant &&",
    to: "if (failover && isHigher && isMeant && this.#core.notReady !== undefined &&",
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
    story: "77",
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
    from: "this.#handovers.add(left);",
    to: `this.#handovers.clear();
      this.#handovers.add(left);`,
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
