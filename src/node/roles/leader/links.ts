/** The network side of leading: streams are dialled, closed, and told to the rules as facts. */
import type { Leader } from "../../../replication/leader/leader.ts";
import type { LeaderEffects } from "../../../replication/leader/leader-effects.ts";
import type { LeaderMessage, NodeId } from "../../../replication/types.ts";
import type { Inbox } from "../../inbox.ts";
import { otherIds } from "../../options.ts";
import type { NodeParts } from "../../parts.ts";
import type { Link } from "../../ports.ts";
import { ReadMarks } from "./read-marks.ts";
import type { ReadRounds } from "./read-rounds.ts";

/** The leader's streams: one to each follower. */
export class LeaderLinks {
  readonly #parts: NodeParts;
  readonly #core: Leader;
  readonly #inbox: Inbox<LeaderEffects>;
  readonly #marks: ReadMarks;
  /** Those that are open. */
  readonly #links = new Map<NodeId, Link<LeaderMessage>>();

  constructor(owner: {
    parts: NodeParts;
    core: Leader;
    inbox: Inbox<LeaderEffects>;
    confirming: ReadRounds;
  }) {
    this.#parts = owner.parts;
    this.#core = owner.core;
    this.#inbox = owner.inbox;
    this.#marks = new ReadMarks(owner);
  }

  /** Opens a stream to every follower, and another whenever one closes, until the role ends. */
  dialAll(): void {
    for (const id of otherIds(this.#parts.options.config)) this.#dial(id);
  }

  #dial(to: NodeId): void {
    const { network, clock } = this.#parts.options;
    const cancel = network.dial(to, (link) => {
      this.#links.set(to, link);
      this.#inbox.take(() => this.#core.linkOpened(to, clock.now()));
      return {
        received: (message) => {
          if (this.#links.get(to) !== link) return;
          if (message.type === "wantMark") this.#marks.asked(message, (mark) => link.send(mark));
          else this.#inbox.take(() => this.#core.received(to, message, clock.now()));
        },
        closed: (reason) => {
          // A newer stream may have replaced this one.
          if (this.#links.get(to) === link) this.#closed(to, reason);
        },
      };
    });
    this.#parts.atEnd(cancel);
  }

  #closed(to: NodeId, reason: string): void {
    const { log, clock } = this.#parts.options;
    this.#links.delete(to);
    log.info(
      { follower: to, reason },
      `${to}: stream closed; opening another unless this node ends`,
    );
    this.#inbox.take(() => this.#core.linkClosed(to, clock.now()));
  }

  /** Nothing is sent while there is no stream to that follower. */
  send(to: NodeId, message: LeaderMessage): void {
    this.#links.get(to)?.send(message);
  }

  /** Ends a stream that the rules have no more use for; the network opens a new one. */
  giveUp(to: NodeId, reason: string): void {
    this.#parts.options.log.warn(
      { follower: to, reason },
      `${to}: stream given up by this leader; opening another`,
    );
    this.#links.get(to)?.close();
  }

  /** Closes every stream: the node has ended. */
  close(): void {
    for (const link of this.#links.values()) link.close();
  }
}
