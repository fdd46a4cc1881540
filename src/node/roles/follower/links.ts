/** The network side of following: streams of leaders are told to the rules as facts. */
import type { Follower } from "../../../replication/follower/follower.ts";
import type {
  FollowerEffects,
  LinkNumber,
} from "../../../replication/follower/follower-effects.ts";
import type { LeaderMessage } from "../../../replication/types.ts";
import type { Inbox } from "../../inbox.ts";
import type { StreamEvents } from "../../incoming-streams.ts";
import type { NodeParts } from "../../parts.ts";
import type { Candidacy } from "./candidacy.ts";
import type { LeaderContact } from "./contact.ts";
import type { LatePromises } from "./late-promises.ts";

/** The streams that others have opened to this node. The rules listen to one of them at most. */
export class FollowerLinks implements StreamEvents {
  readonly #parts: NodeParts;
  readonly #core: Follower;
  readonly #inbox: Inbox<FollowerEffects>;
  readonly #contact: LeaderContact;
  readonly #candidacy: Candidacy | undefined;
  readonly #promises: LatePromises | undefined;
  /** The stream whose leader said last that it cannot lead: nothing on it is a sign that it can. */
  #unable: LinkNumber | undefined;

  constructor(owner: {
    parts: NodeParts;
    core: Follower;
    inbox: Inbox<FollowerEffects>;
    contact: LeaderContact;
    /** Undefined with FAILOVER=0. */
    candidacy: Candidacy | undefined;
    promises: LatePromises | undefined;
  }) {
    this.#parts = owner.parts;
    this.#core = owner.core;
    this.#inbox = owner.inbox;
    this.#contact = owner.contact;
    this.#candidacy = owner.candidacy;
    this.#promises = owner.promises;
  }

  received(number: LinkNumber, message: LeaderMessage): void {
    const { lifetime, life, options } = this.#parts;
    // What has come is flushed and acked; more would keep a closing node busy for ever.
    if (lifetime.closing || lifetime.over) return;
    if (message.type === "poll") {
      const vote = this.#candidacy?.vote(message);
      if (vote !== undefined) life.streams.send(number, vote);
      return;
    }
    this.#contact.heard();
    this.#inbox.take(() => this.#core.received(number, message, options.clock.now()));
    this.#promises?.look();
    this.#contact.taken(message);
    if (message.type === "heartbeat") {
      const settings = this.#core.news?.settings;
      if (settings !== undefined) life.settings.heard(settings);
      this.#unable = message.able === false ? number : undefined;
    }
    if (this.#core.link !== number) return;
    if (this.#unable === number) this.#candidacy?.heardUnable();
    else this.#candidacy?.heard();
  }

  closed(number: LinkNumber, reason: string): void {
    const wasFollowed = this.#core.link === number;
    if (this.#parts.lifetime.over) return;
    this.#inbox.take(() => this.#core.linkClosed(number));
    if (!wasFollowed) return;
    this.#contact.streamClosed();
    this.#parts.options.log.info(
      { reason },
      "the leader's stream closed; the leader opens another if it is up",
    );
    this.#candidacy?.lost();
  }
}
