/** A handover: the leader stops proposing, lets one follower catch up, and asks it to stand for leader. */
import { type Failed, failed } from "../../../errors.ts";
import type { Leader } from "../../../replication/leader/leader.ts";
import type { LeaderEffects } from "../../../replication/leader/leader-effects.ts";
import type { Instant, NodeId } from "../../../replication/types.ts";
import type { Inbox } from "../../inbox.ts";
import type { NodeParts } from "../../parts.ts";
import type { Cancel } from "../../ports.ts";
import { handoverMsMax } from "../../stopping.ts";
import type { LeaderWrites } from "./writes.ts";

/** Milliseconds for the follower to hold everything, and again for it to be elected. */
const patienceMs = handoverMsMax / 2;
/** Writes in flight that have not settled by then become unknown if the follower is elected. */
const settleMsMax = 300;

/** One attempt at a time. New writes wait meanwhile. */
export class Handover {
  readonly #parts: NodeParts;
  readonly #core: Leader;
  readonly #inbox: Inbox<LeaderEffects>;
  readonly #writes: LeaderWrites;
  #attempt:
    | {
        readonly to: NodeId;
        readonly since: Instant;
        readonly untilAt: Instant;
        readonly failed: (failure: Failed) => void;
        hasAsked: boolean;
      }
    | undefined;
  #timer: Cancel = () => {};

  constructor(owner: {
    parts: NodeParts;
    core: Leader;
    inbox: Inbox<LeaderEffects>;
    writes: LeaderWrites;
  }) {
    this.#parts = owner.parts;
    this.#core = owner.core;
    this.#inbox = owner.inbox;
    this.#writes = owner.writes;
  }

  get isUnderWay(): boolean {
    return this.#attempt !== undefined;
  }

  /**
   * `failed` is called if this node leads on; if the follower stands, this node leaves its role instead. `untilAt`:
   * this node ends then.
   */
  begin(
    to: NodeId,
    failed: (failure: Failed) => void,
    untilAt: Instant = Number.POSITIVE_INFINITY,
  ): void {
    const reason = this.#objection(to);
    if (reason !== undefined) {
      failed(refused(reason));
      return;
    }
    const { clock, log } = this.#parts.options;
    log.info({ to }, `handing leadership over to ${to}; new writes wait`);
    this.#attempt = { to, since: clock.now(), untilAt, failed, hasAsked: false };
    this.#writes.hold();
    this.#wait(untilAt, `${to} did not catch up in time`);
    this.advance();
  }

  #wait(untilAt: Instant, elseReason: string): void {
    const { clock } = this.#parts.options;
    const waitMs = Math.max(0, Math.min(patienceMs, untilAt - clock.now()));
    this.#timer();
    this.#timer = clock.after(waitMs, () => this.#giveUp(elseReason));
  }

  #objection(to: NodeId): string | undefined {
    if (this.#parts.lifetime.over) return "this node leads no more";
    if (this.isUnderWay) return "another handover is under way";
    if (this.#core.notReady !== undefined) return this.#core.notReady;
    const peer = this.#core.peers.find(({ id }) => id === to);
    return peer?.state === "live" ? undefined : `${to} is not live`;
  }

  /** Called after each round of effects: the follower may hold everything now, or be gone. */
  advance(): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    const { clock, log } = this.#parts.options;
    const { last, committed, peers } = this.#core;
    const peer = peers.find(({ id }) => id === attempt.to);
    // One that shuts down too, for example, closes its streams.
    if (peer?.state !== "live") this.#giveUp(`${attempt.to} is no longer live`);
    if (attempt.hasAsked || this.#attempt === undefined) return;
    if (peer?.link.state !== "streaming" || peer.link.delivered.contiguous < last) return;
    if (committed < last && clock.now() - attempt.since < settleMsMax) return;
    attempt.hasAsked = true;
    if (committed < last)
      log.warn(
        { to: attempt.to, unsettled: last - committed },
        "writes in flight have not settled in time: their outcome is unknown after the handover",
      );
    this.#wait(attempt.untilAt, `${attempt.to} was not elected`);
    this.#inbox.take(() => this.#core.askToStand(attempt.to));
  }

  /** The node leads no more. */
  leave(): void {
    this.#timer();
    this.#attempt = undefined;
  }

  #giveUp(reason: string): void {
    const attempt = this.#attempt;
    this.leave();
    if (attempt === undefined) return;
    this.#core.leadOn();
    const { log } = this.#parts.options;
    if (attempt.untilAt < Number.POSITIVE_INFINITY)
      log.info({ reason }, "handover did not take place; this node asks another one, or ends");
    else log.warn({ reason }, "handover given up; this node leads on");
    this.#writes.release();
    attempt.failed(refused(reason));
  }
}

const refused = (reason: string): Failed =>
  failed("RECOVERING", `the handover did not take place: ${reason}`, { retryAfterSeconds: 1 });
