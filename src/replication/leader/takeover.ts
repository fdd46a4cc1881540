/**
 * How a node begins to lead. An intact log is confirmed by followers; any other log proves nothing, and the
 * followers are asked for what they hold. DESIGN.md, "Beginning to lead", has the argument.
 */

import { numberMax } from "../bounds.ts";
import type { SealedStore } from "../effects.ts";
import { isBelievable, nextEpoch } from "../election/epochs.ts";
import { floorOf, newerNote } from "../floor-note.ts";
import { invariant } from "../invariant.ts";
import { newerSettings } from "../live-settings.ts";
import { Recovery, type RecoveryResult, recoveryNeeds } from "../recovery/recovery.ts";
import type {
  Entry,
  Epoch,
  FollowerMessage,
  Instant,
  LiveSettings,
  NodeId,
  Sequence,
  SnapshotEnd,
} from "../types.ts";
import { Floor } from "./floor.ts";
import { isIntact, type LeaderState, type PromiseMessage } from "./leader-state.ts";
import { Rounds } from "./rounds.ts";

type Page = Extract<FollowerMessage, { type: "logPage" | "storePage" }>;

export class Takeover {
  readonly #state: LeaderState;
  /** This epoch is above every one that this node ever used, on this disk or one before. */
  #leapt = false;

  constructor(state: LeaderState) {
    this.#state = state;
  }

  /** Why the node does not lead yet; undefined once it does. */
  describe(): string | undefined {
    const { phase, members } = this.#state;
    switch (phase.type) {
      case "starting":
        return "starting: the new epoch is being flushed";
      case "confirming":
        return (
          `starting: ${phase.answers.size} of ${members.size} followers answered; ` +
          `${this.#confirmationsNeeded} with data, or all, must confirm that no other node has led since`
        );
      case "recovering":
        return phase.recovery.describe();
      case "leading":
        return phase.established
          ? undefined
          : "starting: the log of the new epoch is being flushed";
    }
  }

  begin(now: Instant): void {
    const { hardState, id, election } = this.#state.start;
    if (election !== undefined) {
      const { place, above } = election;
      const known = Math.max(hardState.promisedEpoch, above);
      this.#promiseOneself(nextEpoch(known, { place, nodes: this.#state.nodes }));
      return;
    }
    const epoch = hardState.promisedEpoch + 1;
    const intact = isIntact(hardState);
    if (intact) {
      const { intactSince = hardState.ledEpoch } = hardState;
      const led = { promisedEpoch: epoch, promisedLeader: id, ledEpoch: epoch, intactSince };
      this.#state.hardState = { ...hardState, ...led };
    }
    if (intact && this.#confirmationsNeeded === 0) this.#takeOverIntact(now);
    else this.#promiseOneself(epoch);
  }

  /** A higher epoch was met, or must be used: nothing was settled in this one, so that costs nothing. */
  leap(above: Epoch): void {
    this.#leapt = true;
    this.#promiseOneself(above + (this.#state.start.leap ?? 1));
  }

  /** Whether a follower can have promised that epoch. A lost disk knows of none that was used. */
  believes(epoch: Epoch): boolean {
    const { start, hardState, epoch: own } = this.#state;
    const cannotTell = start.election === undefined && hardState.blank && !this.#leapt;
    return isBelievable(epoch, cannotTell ? 0 : own);
  }

  epochFlushed(now: Instant): void {
    const state = this.#state;
    if (isIntact(state.hardState) && state.start.election === undefined) {
      state.phase = { type: "confirming", answers: new Map(), since: now };
      state.prepareAll();
      this.confirm(now);
      return;
    }
    const { ledEpoch, followedEpoch = 0, floor: ownFloor, blank } = state.hardState;
    const { applied, history, epoch, writeQuorum, out, limits } = state;
    const { backlogEntriesMax } = limits;
    const { store, log } = state.start;
    const own = { applied, history, followedEpoch: Math.max(ledEpoch, followedEpoch) };
    const followers = state.members.size;
    const electing = state.start.election === undefined ? undefined : { countsOwn: !blank };
    const heard = { followers, writeQuorum, ownFloor, electing, backlogEntriesMax };
    const recovery = new Recovery({ epoch, ...heard, own, store, log, out });
    state.phase = { type: "recovering", recovery, since: now };
    state.prepareAll();
    this.#goOn(recovery.begin(), now);
  }

  /** A follower promised, and this node does not lead yet. */
  promised(from: NodeId, promise: PromiseMessage, now: Instant): void {
    const { phase, epoch } = this.#state;
    if (phase.type === "confirming") {
      if (this.wentBack(promise)) this.leap(epoch);
      else {
        phase.answers.set(from, promise);
        this.confirm(now);
      }
    } else if (phase.type === "recovering") {
      // Others led before, in epochs that a log which is not intact cannot know.
      const { election } = this.#state.start;
      if (!promise.blank && !this.#leapt && election === undefined) this.leap(epoch);
      else this.#goOn(phase.recovery.answered(from, promise), now);
    }
  }

  /** Leads if enough followers have confirmed that nobody else led since. */
  confirm(now: Instant): void {
    const { phase, members } = this.#state;
    if (phase.type !== "confirming") return;
    const answers = [...phase.answers.values()];
    const proving = answers.filter(({ blank }) => !blank).length;
    if (proving >= this.#confirmationsNeeded || answers.length === members.size)
      this.#takeOverIntact(now);
  }

  /**
   * A high floor asks few followers of a recovery, but many to confirm an intact log. Where those do not come,
   * the node recovers like one whose log proves nothing: that is always safe.
   */
  tick(now: Instant): void {
    const { phase, limits, hardState, members, writeQuorum } = this.#state;
    if (phase.type !== "confirming" || now - phase.since < limits.silenceMsMax) return;
    const answers = [...phase.answers.values()];
    const note = answers.reduce((newest, { floor }) => newerNote(newest, floor), hardState.floor);
    const needed = recoveryNeeds(members.size, note?.quorum ?? writeQuorum);
    const proving = answers.filter(({ blank }) => !blank).length;
    if (proving >= needed) this.leap(this.#state.epoch);
  }

  /** Reading and copying may take long: whoever promised hears that this candidate is at work. */
  keepAlive(): void {
    const { phase, members, epoch, out } = this.#state;
    const isAtWork =
      phase.type === "recovering"
        ? phase.recovery.hasQuorum
        : phase.type === "leading" && !phase.established;
    if (!isAtWork) return;
    for (const { id, link } of members.all)
      if (link.state === "promised")
        out.send(id, { type: "confirm", epoch, number: 0, lend: false });
  }

  /** A candidate that hears too few for too long leaves it to others. */
  hasFailed(now: Instant): boolean {
    const { phase, start } = this.#state;
    if (start.election === undefined || phase.type !== "recovering") return false;
    return phase.recovery.isAsking && now - phase.since > start.election.timeoutMs;
  }

  /**
   * A follower that followed this leader since its last recovery applied what the log here lacks, although that
   * log was taken to be intact: the disk here went back in time, and proves nothing. Its last epoch alone would
   * not do: that may be one of a start that heard of no follower.
   */
  wentBack({ applied, followedEpoch }: PromiseMessage): boolean {
    const { hardState, tail } = this.#state.start;
    if (this.#state.start.election !== undefined) return false;
    if (!isIntact(hardState) || this.#leapt) return false;
    const { ledEpoch, intactSince = ledEpoch } = hardState;
    // Before the log is taken over, the tail is not counted in `last`.
    const last = Math.max(this.#state.last, tail.at(-1)?.sequence ?? 0);
    return followedEpoch >= intactSince && applied > last;
  }

  linkLost(from: NodeId, now: Instant): void {
    const { phase } = this.#state;
    if (phase.type === "recovering") this.#goOn(phase.recovery.lost(from), now);
  }

  page(from: NodeId, page: Page, now: Instant): void {
    const { phase } = this.#state;
    if (phase.type !== "recovering") return;
    const { recovery } = phase;
    this.#goOn(
      page.type === "logPage" ? recovery.logPage(from, page) : recovery.storePage(from, page),
      now,
    );
  }

  recordsFlushed(page: number): void {
    const { phase } = this.#state;
    if (phase.type === "recovering") phase.recovery.recordsAdded(page);
  }

  storeSealed(store: SealedStore, now: Instant): void {
    const { phase } = this.#state;
    if (phase.type === "recovering") this.#goOn(phase.recovery.sealed(store), now);
  }

  storeInstalled(end: SnapshotEnd, now: Instant): void {
    const state = this.#state;
    invariant(state.phase.type !== "leading", "a store is copied before a node leads");
    state.writes.startFrom(end.applied);
    state.digests.note(end);
    if (state.phase.type === "recovering") this.#goOn(state.phase.recovery.installed(end), now);
  }

  /** The log is durable in the new epoch, and the floor note of that number with it. */
  logFlushed(floorNumber: number): void {
    const state = this.#state;
    if (state.phase.type === "leading") {
      state.phase.established = true;
      state.identity.leads(state.hardState);
      // A newer note may have been made since: it is not durable yet.
      state.phase.floor.flushed(floorNumber);
    }
    state.writes.flushed(state.last);
    // A promise given before may be out of date: what a follower has applied since is asked anew.
    state.prepareAll();
  }

  /**
   * So many followers meet every set that another leader can have asked meanwhile: that one needed
   * F - floor + 1 of its followers, and this node was none of them, or it would not be intact.
   */
  get #confirmationsNeeded(): number {
    const { hardState, usualFloor, writeQuorum } = this.#state;
    const { quorum, over } = hardState.floor ?? usualFloor;
    return Math.max(quorum, over, floorOf(writeQuorum)) - 1;
  }

  #promiseOneself(epoch: Epoch): void {
    const state = this.#state;
    state.phase = { type: "starting" };
    if (epoch > numberMax) {
      state.out.depose({ reason: "noEpochLeft" });
      return;
    }
    const promise = { promisedEpoch: epoch, promisedLeader: state.start.id };
    state.persist(promise, { type: "epoch", epoch });
  }

  #takeOverIntact(now: Instant): void {
    const { start, epoch, usualFloor } = this.#state;
    const { committed, floor: heard = usualFloor } = start.hardState;
    const entries = start.tail.map((entry) =>
      entry.sequence > committed ? { ...entry, epoch } : entry,
    );
    this.#takeOver({ entries, committed, heard, now });
  }

  /** The recovery has come this far. */
  #goOn(result: RecoveryResult | undefined, now: Instant): void {
    const state = this.#state;
    if (result?.type === "copied") {
      const { end, followedEpoch } = result;
      state.hardState = { ...state.hardState, followedEpoch };
      const { hardState } = state;
      state.out.installStore({ type: "installed", end }, { end, hardState });
    } else if (result?.type === "recovered") {
      const { epoch, applied: committed } = state;
      // With elections no log is taken for intact: another node may lead while this one is down.
      const led =
        state.start.election === undefined
          ? { ledEpoch: epoch, intactSince: epoch }
          : { ledEpoch: 0, followedEpoch: epoch };
      state.hardState = { ...state.hardState, ...led };
      this.#keepSettings(result.settings);
      const { entries, floor: heard = state.usualFloor } = result;
      this.#takeOver({ entries, committed, heard, now });
    }
  }

  /** An elected leader leads by the newest of what it holds and what its promisers hold. */
  #keepSettings(promised: LiveSettings | undefined): void {
    const { start, out } = this.#state;
    const own = start.settings?.();
    const newest = newerSettings(own, promised);
    if (start.election === undefined || newest === undefined || newest === own) return;
    this.#state.writeQuorum = newest.writeQuorum;
    out.tell({ type: "settings", settings: newest });
  }

  /** Makes the log durable in the new epoch. It is without a hole from applied + 1 on. */
  #takeOver(log: {
    entries: readonly Entry[];
    committed: Sequence;
    heard: { quorum: number; over: number };
    now: Instant;
  }): void {
    const state = this.#state;
    const { epoch, writeQuorum: quorum, applied } = state;
    const { heard, now } = log;
    const last = applied + log.entries.length;
    const committed = Math.max(applied, log.committed);
    invariant(committed <= last, "whatever is committed is in an intact log");
    const rule = state.floorRule;
    const floor = new Floor({ epoch, heard, usual: quorum, last, now, rule });
    const gate = floor.propose({ quorum, sequence: last, now, usual: quorum });
    state.writes.inherit(log.entries, { committed, quorum, floorNumber: gate.number, now });
    const rounds = new Rounds(state.members);
    state.phase = { type: "leading", floor, rounds, established: false };
    const entries = log.entries.filter(({ sequence }) => sequence > committed);
    const flush = { type: "log", epoch, floor: floor.note.number } as const;
    const cluster = state.identity.choose();
    const change = { blank: false, foreign: false, floor: floor.note, committed, cluster };
    state.persist(change, flush, entries);
  }
}
