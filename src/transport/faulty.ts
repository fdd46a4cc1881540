/**
 * A network whose links can be paused, slowed or cut on purpose, follower by follower, so that people
 * can watch how the cluster reacts. It exists only with FAULTS=1. A fault never changes the order of
 * the messages on a link.
 */
import type {
  Cancel,
  Clock,
  FaultControl,
  Link,
  LinkEvents,
  LinkFault,
  Network,
} from "../node/ports.ts";
import type { FollowerMessage, LeaderMessage, NodeId } from "../replication/types.ts";
import { Lane } from "./lane.ts";

/** The network to wrap, and where time comes from. */
interface FaultyNetworkOptions {
  readonly network: Network;
  readonly clock: Clock;
}

type Opened = (link: Link<LeaderMessage>) => LinkEvents<FollowerMessage>;

/** A fault that is in force. */
interface ActiveFault {
  readonly fault: LinkFault;
  readonly endsAtWall: number;
  readonly cancelEnd: Cancel;
}

/** Milliseconds after which a fault ends by itself, in case it was forgotten. */
const faultMsMax = 5 * 60 * 1000;

/** The wrapped network, and the control that sets and resets its faults. */
export function createFaultyNetwork({ network, clock }: FaultyNetworkOptions) {
  const active = new Map<NodeId, ActiveFault>();
  const dialled = new Map<NodeId, DialledFollower>();

  const apply = (to: NodeId) => dialled.get(to)?.setFault(active.get(to)?.fault);
  const reset = (to: NodeId) => {
    active.get(to)?.cancelEnd();
    if (active.delete(to)) apply(to);
  };
  const faults: FaultControl = {
    list: () =>
      Object.fromEntries(
        [...active].map(([to, { fault, endsAtWall }]) => [to, { fault, endsAtWall }]),
      ),
    set: (to, fault) => {
      active.get(to)?.cancelEnd();
      const cancelEnd = clock.after(faultMsMax, () => reset(to));
      active.set(to, { fault, endsAtWall: clock.wall() + faultMsMax, cancelEnd });
      apply(to);
    },
    reset,
  };
  const faulty: Network = {
    listen: (opened) => network.listen(opened),
    dial: (to, opened) => {
      const follower = new DialledFollower({
        dial: (wrapped) => network.dial(to, wrapped),
        opened,
        clock,
      });
      dialled.set(to, follower);
      apply(to);
      return () => {
        dialled.delete(to);
        follower.cancel();
      };
    },
  };
  return { network: faulty, faults };
}

/** How to dial the follower, and who takes the links. */
interface DialledOptions {
  readonly dial: (opened: Opened) => Cancel;
  readonly opened: Opened;
  readonly clock: Clock;
}

/** One dialled follower. Invariant: it is dialled if and only if its link is not cut. */
class DialledFollower {
  readonly #options: DialledOptions;
  #fault: LinkFault | undefined;
  #link: FaultyLink | undefined;
  #cancelDial: Cancel | undefined;

  constructor(options: DialledOptions) {
    this.#options = options;
  }

  /** Puts a fault in force, or ends it with undefined. A cut link is dialled again when it ends. */
  setFault(fault: LinkFault | undefined): void {
    this.#fault = fault;
    if (fault?.type === "cut") {
      this.#link?.close();
      this.cancel();
      return;
    }
    this.#link?.setFault(fault);
    this.#cancelDial ??= this.#options.dial((link) => this.#wrap(link));
  }

  cancel(): void {
    this.#cancelDial?.();
    this.#cancelDial = undefined;
  }

  #wrap(inner: Link<LeaderMessage>): LinkEvents<FollowerMessage> {
    const link = new FaultyLink(inner, this.#options.clock, this.#fault);
    this.#link = link;
    link.report(this.#options.opened(link));
    return {
      received: (message) => link.received(message),
      closed: (reason) => {
        if (this.#link === link) this.#link = undefined;
        link.closed(reason);
      },
    };
  }
}

/** One stream to a follower, with a lane for each direction. */
class FaultyLink implements Link<LeaderMessage> {
  readonly #inner: Link<LeaderMessage>;
  readonly #outgoing: Lane<LeaderMessage>;
  readonly #incoming: Lane<FollowerMessage>;
  #events: LinkEvents<FollowerMessage> | undefined;

  constructor(inner: Link<LeaderMessage>, clock: Clock, fault: LinkFault | undefined) {
    this.#inner = inner;
    const overflowed = () => this.close();
    const shared = { clock, weigh: roughBytes, overflowed };
    this.#outgoing = new Lane<LeaderMessage>(
      { ...shared, deliver: (message) => inner.send(message) },
      fault,
    );
    this.#incoming = new Lane<FollowerMessage>(
      { ...shared, deliver: (message) => this.#events?.received(message) },
      fault,
    );
  }

  report(events: LinkEvents<FollowerMessage>): void {
    this.#events = events;
  }

  setFault(fault: LinkFault | undefined): void {
    this.#outgoing.setFault(fault);
    this.#incoming.setFault(fault);
  }

  send(message: LeaderMessage): void {
    this.#outgoing.push(message);
  }

  received(message: FollowerMessage): void {
    this.#incoming.push(message);
  }

  close(): void {
    this.#drop();
    this.#inner.close();
  }

  closed(reason: string): void {
    this.#drop();
    this.#events?.closed(reason);
  }

  #drop(): void {
    this.#outgoing.drop();
    this.#incoming.drop();
  }
}

/** Roughly the bytes of a message. Each message counts at least 1 KiB, which bounds their number too. */
function roughBytes(message: LeaderMessage | FollowerMessage): number {
  let bytes = 1024;
  if ("entries" in message) {
    for (const { operations } of message.entries) {
      bytes += 64;
      for (const { key, value = "" } of operations) bytes += 64 + key.length + value.length;
    }
  }
  if ("records" in message) {
    for (const { key, value } of message.records) bytes += 64 + key.length + value.length;
  }
  return bytes;
}
