/**
 * When a follower takes its leader for lost, and whether it may stand for leader: the poll before an
 * election. Nothing here is needed for safety; that is phase 1. DESIGN.md, "Electing", has the rules.
 */
import { electionNeeds, newerNote } from "../floor-note.ts";
import type {
  ClusterMark,
  Epoch,
  FloorNote,
  FollowerMessage,
  Instant,
  NodeId,
  Sequence,
} from "../types.ts";
import { isBelievable } from "./epochs.ts";

export type Vote = Extract<FollowerMessage, { type: "vote" }>;

/** What this node holds, as a vote tells it. */
export interface Standing {
  readonly promisedEpoch: Epoch;
  readonly applied: Sequence;
  /** Lowest and highest sequence in the log; 0: it is empty. */
  readonly first: Sequence;
  readonly last: Sequence;
  readonly blank: boolean;
  readonly floor?: FloorNote | undefined;
  readonly cluster: ClusterMark;
}

export type ElectionEffect =
  /** Opens streams to all other nodes, unless they are open. */
  | { readonly type: "callAll" }
  /** Closes them: a leader was heard. */
  | { readonly type: "hangUp" }
  | { readonly type: "poll"; readonly to: NodeId; readonly number: number }
  /** This node may begin phase 1. `above`: the highest epoch that a voter reported. */
  | { readonly type: "stand"; readonly above: Epoch };

/** The votes on one question: would you promise to me? */
interface Round {
  readonly number: number;
  readonly endsAt: Instant;
  readonly votes: Map<NodeId, Vote>;
}

/** So many rounds a candidate leaves to others whose logs reach further back than its store. */
const roundsLeftToOthers = 2;

/** One follower's part in elections, from the start of following until it stands or ends. */
export class Election {
  readonly #settings: ElectionSettings;
  readonly #own: () => Standing;
  /** A poll begins then, unless a round is open. */
  #pollAt: Instant;
  #round: Round | undefined;
  #rounds = 0;
  /** Rounds that would have done, but for a voter whose log begins above what is applied here. */
  #leftToOthers = 0;
  /** The leader's last sign of life; undefined: its stream broke, or none was heard yet. */
  #heardAt: Instant | undefined;
  /** When the leader last said that it cannot lead; undefined: its stream broke since, or it can. */
  #unableAt: Instant | undefined;
  /** To whom this node last said yes: two candidates at once would split the others. */
  #agreed: { readonly to: NodeId; readonly until: Instant } | undefined;
  /** To whom the leader hands over. */
  #expected: { readonly to: NodeId; readonly until: Instant } | undefined;

  constructor(settings: ElectionSettings, own: () => Standing, now: Instant) {
    this.#settings = settings;
    this.#own = own;
    const { timeoutMs, isChoice } = settings;
    // At its start a node hopes to be found by a leader; the leader of choice asks whether there is one.
    this.#pollAt = now + (isChoice ? timeoutMs / 20 : this.#between(2, 4));
  }

  /** When `tick` must be called next. */
  get dueAt(): Instant {
    return this.#round?.endsAt ?? this.#pollAt;
  }

  /** A poll is under way, or about to be repeated: no leader is known. */
  get polling(): boolean {
    return this.#round !== undefined;
  }

  /** A message of the leader that this node follows, or a promise given to a new one. */
  heard(now: Instant): readonly ElectionEffect[] {
    this.#heardAt = now;
    this.#unableAt = undefined;
    this.#pollAt = now + this.#between(1, 2);
    this.#leftToOthers = 0;
    this.#agreed = undefined;
    if (this.#round === undefined) return [];
    this.#round = undefined;
    return [{ type: "hangUp" }];
  }

  /** The leader is there, and says that it cannot lead at the moment. */
  heardUnable(now: Instant): void {
    this.#unableAt = now;
  }

  /** The leader's stream broke: its process has ended, or the network. */
  lost(now: Instant): void {
    this.#heardAt = undefined;
    this.#unableAt = undefined;
    if (this.#round !== undefined) return;
    const { isChoice } = this.#settings;
    const pollAt = now + (isChoice ? 0 : this.#between(0.01, 0.1));
    const isExpecting = this.#expected !== undefined && now < this.#expected.until;
    this.#pollAt = isExpecting ? now + this.#between(0.5, 1) : pollAt;
  }

  /** Lets time pass. */
  tick(now: Instant): readonly ElectionEffect[] {
    if (this.#round !== undefined && now >= this.#round.endsAt) {
      this.#round = undefined;
      this.#pollAt = now + this.#between(0.1, 0.4);
      return [];
    }
    if (this.#round !== undefined || now < this.#pollAt) return [];
    const { id, others, timeoutMs, isChoice } = this.#settings;
    const freeAt = this.#settings.freeAt();
    if (now < freeAt) {
      this.#pollAt = freeAt + this.#between(0.01, 0.1);
      return [];
    }
    // It could not stand, and whoever agreed would wait for it in vain.
    if (this.#own().blank && !isChoice) return this.wait(now);
    if (this.#agreed !== undefined && this.#agreed.to !== id && now < this.#agreed.until) {
      this.#pollAt = this.#agreed.until + this.#between(0.05, 0.3);
      return [];
    }
    this.#rounds += 1;
    this.#agreed = { to: id, until: now + timeoutMs / 4 };
    this.#round = { number: this.#rounds, endsAt: now + timeoutMs / 2, votes: new Map() };
    const polls = others.map((to) => ({ type: "poll", to, number: this.#rounds }) as const);
    return [{ type: "callAll" }, ...polls, ...this.#decide(this.#round, now)];
  }

  /** This node could not lead now: it asks nobody for a while. */
  wait(now: Instant): readonly ElectionEffect[] {
    this.#round = undefined;
    this.#pollAt = now + this.#between(0.5, 1);
    return [];
  }

  /** A stream to that node has opened. */
  opened(to: NodeId): readonly ElectionEffect[] {
    const round = this.#round;
    return round === undefined ? [] : [{ type: "poll", to, number: round.number }];
  }

  voted(from: NodeId, vote: Vote, now: Instant): readonly ElectionEffect[] {
    const round = this.#round;
    // A node that stood still knows nothing of now.
    if (round === undefined || vote.number !== round.number || now >= round.endsAt) return [];
    // A candidate would have to lead above that epoch.
    const known = Math.max(1, this.#own().promisedEpoch);
    if (!isBelievable(vote.promisedEpoch, known)) return [];
    round.votes.set(from, vote);
    if (this.#own().blank && !vote.blank) return this.#leaveToOthers(now);
    return this.#decide(round, now);
  }

  /** The leader hands over to that node: nobody else should stand meanwhile. */
  expect(candidate: NodeId, now: Instant): void {
    const { timeoutMs } = this.#settings;
    this.#expected = { to: candidate, until: now + timeoutMs / 2 };
    this.#pollAt = Math.max(this.#pollAt, now + this.#between(0.5, 1));
  }

  /** This node is blank and another is not: it may not stand, and waits to be found by a leader. */
  #leaveToOthers(now: Instant): readonly ElectionEffect[] {
    this.#round = undefined;
    this.#agreed = undefined;
    this.#pollAt = now + this.#between(2, 4);
    return [];
  }

  /**
   * Another node has lost its leader. What would this node do if it were asked for a promise? `stranger`: why it would
   * have nothing to do with it.
   */
  answer(candidate: NodeId, number: number, now: Instant, stranger?: string): Vote {
    const { timeoutMs } = this.#settings;
    const reason = stranger ?? this.#objection(candidate, now);
    if (reason === "") {
      this.#agreed = { to: candidate, until: now + timeoutMs / 4 };
      if (this.#round === undefined)
        this.#pollAt = Math.max(this.#pollAt, now + this.#between(0.3, 0.6));
    }
    const hearsUnable = this.#hearsUnable(now);
    return { type: "vote", number, agrees: reason === "", reason, hearsUnable, ...this.#own() };
  }

  #objection(candidate: NodeId, now: Instant): string {
    const { timeoutMs } = this.#settings;
    if (this.#heardAt !== undefined && now - this.#heardAt < timeoutMs)
      return "it hears its leader";
    for (const other of [this.#expected, this.#agreed])
      if (other !== undefined && other.to !== candidate && now < other.until)
        return `it waits for ${other.to}`;
    return "";
  }

  #hearsUnable(now: Instant): boolean {
    return this.#unableAt !== undefined && now - this.#unableAt < this.#settings.timeoutMs;
  }

  /** As many as phase 1 needs, or all: then there is nobody left to ask. */
  #decide(round: Round, now: Instant): readonly ElectionEffect[] {
    const { nodes } = this.#settings;
    const own = this.#own();
    const votes = [...round.votes.values()].filter(({ agrees }) => agrees);
    const proving = votes.filter(({ blank }) => !blank);
    if (own.blank && !this.#isFirstStart(votes)) return [];
    const note = votes.reduce((newest, { floor }) => newerNote(newest, floor), own.floor);
    if (votes.length < nodes - 1 && proving.length + 1 < electionNeeds(nodes, note)) return [];
    // Fewer than a majority could not lead either: they leave such a leader in its place.
    const isUnable = this.#hearsUnable(now) || votes.some(({ hearsUnable }) => hearsUnable);
    if (isUnable && votes.length + 1 <= nodes / 2) return [];
    if (this.#isBehind(proving, own) && !this.#othersHadTheirTurn(round)) return [];
    const above = votes.reduce((high, vote) => Math.max(high, vote.promisedEpoch), 0);
    return [{ type: "stand", above }];
  }

  /** All nodes are there, and nobody holds anything: the leader of choice begins. */
  #isFirstStart(votes: readonly Vote[]): boolean {
    const { nodes, isChoice } = this.#settings;
    return isChoice && votes.length === nodes - 1 && votes.every(({ blank }) => blank);
  }

  /** Phase 1 would have to copy the whole store of such a voter, which has less to fetch itself. */
  #isBehind(voters: readonly Vote[], { applied }: Standing): boolean {
    return voters.some(({ first, applied: theirs }) => theirs > applied && first > applied + 1);
  }

  #othersHadTheirTurn(round: Round): boolean {
    if (this.#leftToOthers === 0) this.#leftToOthers = round.number;
    return round.number - this.#leftToOthers >= roundsLeftToOthers;
  }

  /** Between so many election timeouts. */
  #between(low: number, high: number): number {
    const { timeoutMs, random } = this.#settings;
    return timeoutMs * (low + (high - low) * random());
  }
}

export interface ElectionSettings {
  readonly id: NodeId;
  readonly others: readonly NodeId[];
  /** All nodes, this one included. */
  readonly nodes: number;
  /** ELECTION_TIMEOUT. */
  readonly timeoutMs: number;
  /** LEADER names this node. */
  readonly isChoice: boolean;
  /** What this node has lent ends then, and it may stand (rule 11). */
  readonly freeAt: () => Instant;
  /** In [0, 1). */
  readonly random: () => number;
}
