/** All planted faults but those of elections. In this file: those in how entries are replicated, settled and recovered. */
import { answerFaultsPlanted } from "./planted-answers.ts";
import { clusterFaultsPlanted } from "./planted-clusters.ts";
import type { PlantedFault } from "./planted-fault.ts";

const replicationFaultsPlanted: readonly PlantedFault[] = [
  {
    name: "an entry settles one ack too early",
    file: "replication/leader/ledger.ts",
    from: "slot.acks.length >= slot.quorum &&",
    to: "slot.acks.length >= slot.quorum - 1 &&",
  },
  {
    name: "an entry settles before the leader has flushed it",
    file: "replication/leader/ledger.ts",
    from: "slot.entry.sequence <= this.#flushed &&",
    to: "",
  },
  {
    name: "two acks of one follower count as two",
    file: "replication/leader/ledger.ts",
    from: "|| slot.acks.some(({ node }) => node === ack.node)",
    to: "",
  },
  {
    name: "the committed mark moves over an entry that is not settled",
    file: "replication/leader/ledger.ts",
    from: "next?.settled === true; ) {",
    to: "settled.length > 0 && next !== undefined; ) {",
  },
  {
    name: "a conditional write does not wait for the write it rests on",
    story: "20",
    file: "replication/leader/ledger.ts",
    from: "slot.dependsOn.every((sequence) => this.isSettled(sequence))",
    to: "true",
  },
  {
    name: "a follower acks before its flush",
    file: "replication/follower/follower.ts",
    from: "this.#out.persist(flush, { entries, hardState });",
    to: `this.#flushed(flush);
      this.#out.persist({ type: "hardState" }, { entries, hardState });`,
  },
  {
    name: "a follower promises any epoch",
    file: "replication/follower/prepare.ts",
    from: "if (epoch > promisedEpoch || (epoch === promisedEpoch && leader === promisedLeader))",
    to: "if (epoch > 0)",
  },
  {
    name: "an epoch may leap as far as it likes",
    file: "replication/election/epochs.ts",
    story: "105",
    from: "epoch <= numberMax && (known === 0 || epoch - known <= epochLeapMax);",
    to: "epoch > 0;",
  },
  {
    name: "a leader believes any epoch that a refusal names",
    file: "replication/leader/refusals.ts",
    story: "105",
    from: "else if (!this.#takeover.believes(promisedEpoch))",
    to: "else if (promisedEpoch < 0)",
  },
  {
    name: "a snapshot replaces the store whatever its digest is",
    file: "replication/follower/snapshots.ts",
    story: "107",
    from: "if (digest !== end.digest) return",
    to: "if (digest === undefined) return",
  },
  {
    name: "a snapshot may stand below what the follower has applied",
    file: "replication/follower/snapshots.ts",
    story: "107",
    from: "return applied < least ?",
    to: "return applied < 0 ?",
  },
  {
    name: "a promise is given before it is durable",
    story: "37",
    file: "replication/follower/follower.ts",
    from: "const hardState = isNews ? this.#hardState : undefined;",
    to: "const hardState = isNews ? undefined : undefined;",
  },
  {
    name: "a follower applies beyond the committed mark",
    file: "replication/follower/follower-log.ts",
    from: "while (this.#applying < told) {",
    to: "while (this.#received.size > 0) {",
  },
  {
    name: "followers hear of a raised floor before the leader knows it durably",
    story: "123",
    file: "replication/leader/leading.ts",
    from: "if (note !== undefined) this.#persist(note);",
    to: `if (note !== undefined) {
      this.#persist(note);
      this.#tell(note);
    }`,
  },
  {
    name: "followers hear of a note that follows a raised one too early",
    story: "124",
    file: "replication/leader/floor.ts",
    from: "return this.#beforeRaised ?? this.#pending ?? this.#inForce;",
    to: "return this.#pending ?? this.#beforeRaised ?? this.#inForce;",
  },
  {
    name: "a leader without its log leads at once",
    file: "replication/leader/takeover.ts",
    from: "const intact = isIntact(hardState);",
    to: "const intact = true;",
  },
  {
    name: "acks from before a follower's disk was replaced still count",
    story: "38",
    file: "replication/leader/leader.ts",
    from: "if (message.blank) this.#leading.forgetDisk(peer);",
    to: "",
  },
  {
    name: "a new leadership of a lost disk uses an epoch again",
    story: "17",
    file: "replication/leader/takeover.ts",
    from: "if (!promise.blank && !this.#leapt && election === undefined)",
    to: "if (!promise.blank && this.#state.epoch < 0)",
  },
  {
    name: "a recovery counts a blank follower",
    file: "replication/recovery/recovery.ts",
    from: "proving >= this.#needed()",
    to: "answers.length >= this.#needed()",
  },
  {
    name: "a recovery prefers the lowest epoch",
    story: "17",
    file: "replication/recovery/evidence.ts",
    from: "known.epoch < entry.epoch",
    to: "known.epoch > entry.epoch",
  },
  {
    name: "a recovery keeps a conditional entry whose condition no longer holds",
    story: "19",
    file: "replication/recovery/evidence.ts",
    from: "const keep = found !== undefined && conditionsHold(found, seen);",
    to: "const keep = found !== undefined;",
  },
  {
    name: "a recovery goes by the configured quorum and not by the floor",
    file: "replication/recovery/recovery.ts",
    from: "note?.quorum ?? writeQuorum",
    to: "writeQuorum",
  },
  {
    name: "the floor is lowered before enough followers know of it",
    story: "26",
    file: "replication/leader/floor.ts",
    from: "if (!enough && (this.#rule.strict || !(few && live.every(knows)))) return false;",
    to: "",
  },
  {
    name: "a new leader takes a floor that was on its way for one in force",
    story: "26",
    file: "replication/leader/floor.ts",
    from: "this.#note(1, Math.max(quorum, over), over);",
    to: "this.#note(1, quorum, over);",
  },
  {
    name: "the floor is raised over what was written before the usual quorum rose",
    story: "39",
    file: "replication/leader/floor.ts",
    from: "|| usual > this.#usual",
    to: "",
  },
  {
    name: "the floor is raised with one holder fewer",
    file: "replication/leader/floor.ts",
    from: "if (holders < quorum) return undefined;",
    to: "if (holders < quorum - 1) return undefined;",
  },
  {
    name: "what a lost disk knew of the floor still counts",
    story: "44",
    file: "replication/leader/leading.ts",
    from: "this.floor?.forget(peer.id);",
    to: "",
  },
  {
    name: "entries that do with a lower quorum do not wait for its floor",
    file: "replication/leader/ledger.ts",
    from: "slot.floorNumber = Math.max(slot.floorNumber, to.floorNumber);",
    to: "",
  },
  {
    name: "a recovery keeps leftovers that a later epoch did not have in its log",
    story: "42",
    file: "replication/recovery/evidence.ts",
    from: "this.#entries.delete(sequence);",
    to: "if (sequence < 0) break;",
  },
  {
    name: "a recovery compares leftovers with the epoch that proposed a conditional entry first",
    story: "74",
    file: "replication/recovery/evidence.ts",
    from: "at.epoch >= entry.epoch",
    to: "at.epoch >= entry.origin",
  },
  {
    name: "a condition on an absent key passes over the deletion that it saw",
    story: "75",
    file: "replication/recovery/evidence.ts",
    from: "version > 0 ? version : (after ?? sequence)",
    to: "after === sequence ? sequence : version",
  },
  {
    name: "a recovery sends a condition again as an older log left it",
    story: "76",
    file: "replication/recovery/evidence.ts",
    from: "{ ...pinned(found, seen), epoch }",
    to: "{ ...found, epoch }",
  },
  {
    name: "a recovery keeps an entry whose check no longer holds",
    story: "110",
    file: "replication/conditions.ts",
    from: "checksOf(entry).every(({ key, condition }) => holds(key, condition)) &&",
    to: "",
  },
  {
    name: "a check does not wait for the write it rests on",
    story: "111",
    file: "replication/leader/proposal.ts",
    from: "if (newest.open > 0) dependsOn.push(newest.open);",
    to: "if (newest.open > 0 && !isCheck) dependsOn.push(newest.open);",
  },
  {
    name: "an entry is logged without its checks",
    story: "110",
    file: "replication/leader/writes.ts",
    from: "origin: epoch, operations, requires };",
    to: "origin: epoch, operations };",
  },
  {
    name: "a failed check is overlooked",
    file: "replication/leader/proposal.ts",
    from: "if (refusal !== undefined) {",
    to: "if (refusal !== undefined && !isCheck) {",
  },
  {
    name: "a recovery takes a version for that of another epoch",
    story: "43",
    file: "replication/recovery/evidence.ts",
    from: "return version === condition.version && origin === condition.origin;",
    to: "return version === condition.version && origin >= 0;",
  },
  {
    name: "inherited entries forget what they depend on",
    file: "replication/leader/writes.ts",
    from: "dependsOn: rests.add(entry),",
    to: "dependsOn: rests.add(entry).slice(0, 0),",
  },
  {
    name: "a floor note that is still being flushed counts as durable",
    story: "47",
    file: "replication/leader/takeover.ts",
    from: "state.phase.floor.flushed(floorNumber);",
    to: "state.phase.floor.flushed(state.phase.floor.note.number);",
  },
  {
    name: "an intact log leads without asking whether somebody else led meanwhile",
    file: "replication/leader/takeover.ts",
    from: "return Math.max(quorum, over, floorOf(writeQuorum)) - 1;",
    to: "return 0 * (quorum + over + floorOf(writeQuorum));",
  },
  {
    name: "a deposed leader goes on answering",
    file: "node/roles/leader/leading.ts",
    from: 'lifetime.end("this node no longer leads");',
    to: "",
  },
  {
    name: "a stream resumes after the last ack and not after the applied mark",
    file: "replication/leader/streams.ts",
    from: "const next = peer.applied + 1;",
    to: "const next = Math.max(peer.applied, peer.acked) + 1;",
  },
  {
    name: "a snapshot claims a later mark than its copy has",
    file: "replication/leader/streams.ts",
    from: "end: link.ended ? { applied,",
    to: "end: link.ended ? { applied: this.#position().committed,",
  },
  {
    name: "storage is taken for flushed while it is not",
    file: "node/flusher.ts",
    from: "(done) => this.#storage.write(batch, done),",
    to: `(done) => {
        flushed?.();
        flushed = undefined;
        this.#storage.write(batch, done);
      },`,
  },
];

export const plantedFaults: readonly PlantedFault[] = [
  ...replicationFaultsPlanted,
  ...answerFaultsPlanted,
  ...clusterFaultsPlanted,
];
