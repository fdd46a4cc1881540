/** Promises that wait for the end of a lease that this node has lent: a timer gives them. */
import type { Follower } from "../../../replication/follower/follower.ts";
import type { FollowerEffects } from "../../../replication/follower/follower-effects.ts";
import type { Inbox } from "../../inbox.ts";
import { timerErrorMs } from "../../options.ts";
import type { NodeParts } from "../../parts.ts";
import type { Cancel } from "../../ports.ts";
import type { Candidacy } from "./candidacy.ts";

export class LatePromises {
  readonly #parts: NodeParts;
  readonly #core: Follower;
  readonly #inbox: Inbox<FollowerEffects>;
  readonly #candidacy: Candidacy;
  #cancel: Cancel = () => {};

  constructor(owner: {
    parts: NodeParts;
    core: Follower;
    inbox: Inbox<FollowerEffects>;
    candidacy: Candidacy;
  }) {
    this.#parts = owner.parts;
    this.#core = owner.core;
    this.#inbox = owner.inbox;
    this.#candidacy = owner.candidacy;
    this.#parts.atEnd(() => this.#cancel());
  }

  /** A question may have come that has to wait, or a lease been given back. */
  look(): void {
    const { promiseDueAt } = this.#core;
    this.#cancel();
    if (promiseDueAt === undefined) return;
    const { clock } = this.#parts.options;
    const waitMs = Math.max(timerErrorMs, promiseDueAt - clock.now());
    this.#cancel = clock.after(waitMs, () => this.#give());
  }

  #give(): void {
    const { clock } = this.#parts.options;
    const before = this.#core.link;
    this.#inbox.take(() => this.#core.tick(clock.now()));
    if (this.#core.link !== before) this.#candidacy.heard();
    this.look();
  }

  /** The node plays another role: it answers those who ask again on a new stream. */
  leave(): void {
    const { streams } = this.#parts.life;
    for (const link of this.#core.waitingLinks) streams.giveUp(link);
  }
}
