/** A follower's part in elections: it asks the others, answers them, and may stand for leader. */

import { describeMark, markOf } from "../../../replication/cluster-id.ts";
import { Election, type ElectionEffect } from "../../../replication/election/election.ts";
import type { Follower } from "../../../replication/follower/follower.ts";
import type {
  ClusterMark,
  Epoch,
  FollowerMessage,
  Instant,
  LeaderMessage,
  NodeId,
} from "../../../replication/types.ts";
import { otherIds, timerErrorMs } from "../../options.ts";
import type { NodeParts } from "../../parts.ts";
import type { Cancel, Link } from "../../ports.ts";
import type { Leave } from "../../role.ts";
import { standingOf } from "../../standing.ts";
import { strangerAsks } from "../../strangers.ts";

type Poll = Extract<LeaderMessage, { type: "poll" }>;
type Vote = Extract<FollowerMessage, { type: "vote" }>;

/** The streams of a poll, and the time at which the next one begins. */
export class Candidacy {
  readonly #parts: NodeParts;
  readonly #election: Election;
  readonly #leave: Leave;
  readonly #epoch: () => Epoch;
  readonly #mark: () => ClusterMark;
  readonly #others: readonly NodeId[];
  readonly #links = new Map<NodeId, Link<LeaderMessage>>();
  #dials: Cancel[] = [];
  #cancelTimer: Cancel = () => {};
  /** When the timer fires. */
  #timerAt: Instant = Number.POSITIVE_INFINITY;
  #cancelStand: Cancel = () => {};

  constructor(parts: NodeParts, core: Follower, leave: Leave) {
    const { config, clock, random } = parts.options;
    const { nodeId: id, electionTimeout: timeoutMs } = config;
    this.#parts = parts;
    this.#leave = leave;
    this.#epoch = () => core.epoch;
    this.#mark = () => markOf(core.hardState);
    this.#others = otherIds(config);
    const settings = {
      id,
      others: this.#others,
      nodes: config.nodes.length,
      timeoutMs,
      isChoice: config.leader === id,
      random,
      freeAt: () => this.#freeAt,
    };
    this.#election = new Election(
      settings,
      () => standingOf(core, parts.options.storage, markOf(core.hardState)),
      clock.now(),
    );
  }

  start(): void {
    this.#parts.atEnd(() => this.#end());
    this.#arm();
  }

  heard(): void {
    this.#perform(this.#election.heard(this.#now));
  }

  /** From a leader that says it cannot lead. */
  heardUnable(): void {
    this.#election.heardUnable(this.#now);
  }

  lost(): void {
    this.#election.lost(this.#now);
    this.#arm();
  }

  /** Undefined: it is meant for another node. */
  vote({ candidate, to, number, cluster }: Poll): Vote | undefined {
    if (to !== this.#parts.options.config.nodeId) return undefined;
    const stranger = this.#stranger(candidate, cluster);
    const vote = this.#election.answer(candidate, number, this.#now, stranger);
    this.#arm();
    return vote;
  }

  /** Why that node has nothing to do with this one; undefined: it may have. */
  #stranger(id: NodeId, mark: ClusterMark | undefined): string | undefined {
    const { nodeId } = this.#parts.options.config;
    const reason = strangerAsks({ id: nodeId, mark: this.#mark() }, { id, mark });
    if (reason !== undefined) this.#parts.life.strangers.refused(id, reason);
    return reason;
  }

  get #now(): number {
    return this.#parts.options.clock.now();
  }

  /** What this node has lent ends then. */
  get #freeAt(): Instant {
    const { life, options } = this.#parts;
    return life.elections.lending.freeAt(options.config.nodeId);
  }

  /**
   * Each message of a leader puts off what is due. A timer that fires too early is set anew then, which
   * costs less than to set it anew for each message.
   */
  #arm(): void {
    if (this.#parts.lifetime.over) {
      this.#disarm();
      return;
    }
    const { dueAt } = this.#election;
    if (dueAt >= this.#timerAt) return;
    this.#cancelTimer();
    this.#timerAt = dueAt;
    const waitMs = Math.max(0, dueAt - this.#now);
    this.#cancelTimer = this.#parts.options.clock.after(waitMs, () => this.#fired(dueAt));
  }

  #fired(at: Instant): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    if (this.#election.dueAt > at) {
      this.#arm();
      return;
    }
    // Nobody stands whose storage cannot flush: it could promise nothing.
    const isAble = this.#parts.flusher.fault === undefined && !this.#parts.lifetime.closing;
    // A timer may come a rounding error early.
    const now = Math.max(at, this.#now);
    this.#perform(isAble ? this.#election.tick(now) : this.#election.wait(now));
  }

  #disarm(): void {
    this.#cancelTimer();
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  #perform(effects: readonly ElectionEffect[]): void {
    for (const effect of effects) this.#performOne(effect);
    this.#arm();
  }

  #performOne(effect: ElectionEffect): void {
    const { config, log } = this.#parts.options;
    switch (effect.type) {
      case "callAll":
        if (this.#dials.length === 0)
          log.info({}, "no leader is heard; asking the other nodes whether they hear one");
        this.#callAll();
        return;
      case "hangUp":
        this.#hangUp();
        return;
      case "poll": {
        const { to, number } = effect;
        const candidate = config.nodeId;
        const cluster = this.#mark();
        this.#links.get(to)?.send({ type: "poll", candidate, to, number, cluster });
        return;
      }
      case "stand":
        this.stand(effect.above);
        return;
    }
  }

  /** That node is about to stand. */
  expect(candidate: NodeId): void {
    this.#election.expect(candidate, this.#now);
    this.#arm();
  }

  /** This node begins phase 1, in an epoch above this one, once it has lent nothing any more. */
  stand(above: Epoch): void {
    const { config, log, clock } = this.#parts.options;
    const waitMs = this.#freeAt - this.#now;
    this.#cancelStand();
    if (waitMs > 0) {
      this.#cancelStand = clock.after(waitMs + timerErrorMs, () => {
        // Somebody else may have been promised meanwhile, or lent to.
        if (this.#epoch() <= above && this.#freeAt <= this.#now) this.stand(above);
      });
      return;
    }
    log.info({ above }, `${config.nodeId} stands for leader`);
    this.#leave({ type: "stand", above });
  }

  #callAll(): void {
    if (this.#dials.length > 0) return;
    this.#dials = this.#others.map((to) => this.#dial(to));
  }

  #dial(to: NodeId): Cancel {
    return this.#parts.options.network.dial(to, (link) => {
      this.#links.set(to, link);
      this.#perform(this.#election.opened(to));
      return {
        received: (message) => {
          if (this.#links.get(to) !== link || message.type !== "vote") return;
          if (this.#stranger(to, message.cluster) !== undefined) return;
          if (this.#mark().blank && message.cluster?.confirmed === true && !message.blank)
            this.#parts.life.strangers.waitsFor(to, describeMark(message.cluster));
          this.#perform(this.#election.voted(to, message, this.#now));
        },
        closed: () => {
          if (this.#links.get(to) === link) this.#links.delete(to);
        },
      };
    });
  }

  #hangUp(): void {
    for (const cancel of this.#dials.splice(0)) cancel();
    this.#links.clear();
  }

  #end(): void {
    this.#disarm();
    this.#cancelStand();
    this.#hangUp();
  }
}
