/** The streams that other nodes have opened to this one, for as long as its process runs. */
import type { LinkNumber } from "../replication/follower/follower-effects.ts";
import type { FollowerMessage, LeaderMessage } from "../replication/types.ts";
import type { Link, Network } from "./ports.ts";

/** What happens on them; the role that the node plays takes it. */
export interface StreamEvents {
  received(number: LinkNumber, message: LeaderMessage): void;
  closed(number: LinkNumber, reason: string): void;
}

/** Accepts every stream: whether its sender is followed is for the rules to decide. */
export class IncomingStreams {
  /** Those that are open. */
  readonly #links = new Map<LinkNumber, Link<FollowerMessage>>();
  /** How many were ever opened; each gets the next number. */
  #opened = 0;

  /** `role`: who takes what happens now. */
  listen(network: Network, role: () => StreamEvents): void {
    network.listen((link) => {
      this.#opened += 1;
      const number = this.#opened;
      this.#links.set(number, link);
      return {
        received: (message) => {
          if (this.#links.has(number)) role().received(number, message);
        },
        closed: (reason) => {
          if (this.#links.delete(number)) role().closed(number, reason);
        },
      };
    });
  }

  /** Nothing is sent on a stream that has closed. */
  send(to: LinkNumber, message: FollowerMessage): void {
    this.#links.get(to)?.send(message);
  }

  /** Ends a stream; nothing is told of it. */
  giveUp(number: LinkNumber): void {
    const link = this.#links.get(number);
    this.#links.delete(number);
    link?.close();
  }

  /** Ends all of them. */
  closeAll(): void {
    for (const number of [...this.#links.keys()]) this.giveUp(number);
  }
}
