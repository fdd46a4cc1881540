/** The network side of following: streams are accepted, closed, and told to the rules as facts. */
import type { Follower } from "../../../replication/follower/follower.ts";
import type {
  FollowerEffects,
  LinkNumber,
} from "../../../replication/follower/follower-effects.ts";
import type { FollowerMessage, LeaderMessage } from "../../../replication/types.ts";
import type { Inbox } from "../../inbox.ts";
import type { NodeParts } from "../../parts.ts";
import type { Link } from "../../ports.ts";
import type { LeaderContact } from "./contact.ts";

/** The streams that leaders have opened to this node. The rules listen to one of them at most. */
export class FollowerLinks {
  readonly #parts: NodeParts;
  readonly #core: Follower;
  readonly #inbox: Inbox<FollowerEffects>;
  readonly #contact: LeaderContact;
  /** Those that are open. */
  readonly #links = new Map<LinkNumber, Link<FollowerMessage>>();
  /** How many were ever opened; each gets the next number. */
  #opened = 0;

  constructor(owner: {
    parts: NodeParts;
    core: Follower;
    inbox: Inbox<FollowerEffects>;
    contact: LeaderContact;
  }) {
    this.#parts = owner.parts;
    this.#core = owner.core;
    this.#inbox = owner.inbox;
    this.#contact = owner.contact;
  }

  /** Accepts every stream: whether its leader is followed is for the rules to decide. */
  listen(): void {
    this.#parts.options.network.listen((link) => {
      this.#opened += 1;
      const number = this.#opened;
      this.#links.set(number, link);
      return {
        received: (message) => this.#received(number, message),
        closed: (reason) => this.#closed(number, reason),
      };
    });
  }

  #received(number: LinkNumber, message: LeaderMessage): void {
    // What has come is flushed and acked; more would keep a closing node busy for ever.
    if (this.#parts.lifetime.closing) return;
    this.#contact.heard();
    this.#inbox.take(() => this.#core.received(number, message));
    if (this.#links.has(number)) this.#contact.taken(message);
  }

  #closed(number: LinkNumber, reason: string): void {
    this.#contact.streamClosed();
    this.#links.delete(number);
    this.#parts.options.log.info(
      { reason },
      "the leader's stream closed; the leader opens another if it is up",
    );
    this.#inbox.take(() => this.#core.linkClosed(number));
  }

  /** Nothing is sent on a stream that has closed. */
  send(to: LinkNumber, message: FollowerMessage): void {
    this.#links.get(to)?.send(message);
  }

  /** Ends a stream that a newer one has replaced. */
  giveUp(number: LinkNumber): void {
    const link = this.#links.get(number);
    this.#links.delete(number);
    link?.close();
  }

  /** Closes every stream: the node has ended. */
  close(): void {
    for (const link of this.#links.values()) link.close();
  }
}
