import type { Link, LinkEvents, Network } from "../../src/node/ports.ts";
import type { FollowerMessage, LeaderMessage, NodeId } from "../../src/replication/types.ts";

type Opened = (link: Link<LeaderMessage>) => LinkEvents<FollowerMessage>;

/** A network whose streams a test opens, feeds and breaks by hand. */
export class FakeNetwork implements Network {
  readonly #dials = new Map<NodeId, Opened>();

  dial(to: NodeId, opened: Opened) {
    this.#dials.set(to, opened);
    return () => {
      if (this.#dials.get(to) === opened) this.#dials.delete(to);
    };
  }

  listen(): void {}

  isDialled(to: NodeId): boolean {
    return this.#dials.has(to);
  }

  /** A stream to that follower opens; `arrived` gets what the leader sends. */
  open(to: NodeId, arrived: (message: LeaderMessage) => void) {
    const opened = this.#dials.get(to);
    if (opened === undefined) throw new Error(`nobody dials ${to}`);
    let events: LinkEvents<FollowerMessage> | undefined;
    let isOpen = true;
    const end = (reason: string) => {
      if (!isOpen) return;
      isOpen = false;
      events?.closed(reason);
    };
    events = opened({
      send: (message) => {
        if (isOpen) arrived(message);
      },
      close: () => end("closed here"),
    });
    return {
      reply: (message: FollowerMessage) => {
        if (isOpen) events?.received(message);
      },
      break: end,
      isOpen: () => isOpen,
    };
  }
}
