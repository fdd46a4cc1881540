/**
 * A simulated slow network in front of the real one. Each entry to a follower waits for a random delay
 * of its own, all of them at the same time, so entries can overtake each other. Every other message
 * passes at once, and nothing is delayed where the settings are 0 to 0.
 */
import type {
  Cancel,
  Clock,
  DelayControl,
  DelayRange,
  Link,
  Network,
  Random,
} from "../node/ports.ts";
import type { Entry, Epoch, LeaderMessage, NodeId, Sequence } from "../replication/types.ts";
import { partsOf } from "./append-parts.ts";
import { DueQueue } from "./due-queue.ts";
import { ElapsedDelays } from "./elapsed-delays.ts";

/** The real network, and where time and random numbers come from. */
interface DelayedNetworkOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
}

type Append = Extract<LeaderMessage, { type: "append" }>;

const noDelay: DelayRange = { minDelayMs: 0, maxDelayMs: 0 };

/** Wraps the streams that this node dials as a leader; it listens on the network as it is. */
export function createDelayedNetwork({ network, clock, random }: DelayedNetworkOptions) {
  let general = noDelay;
  let perFollower: Readonly<Record<NodeId, DelayRange>> = {};
  const rangeOf = (to: NodeId) =>
    Object.hasOwn(perFollower, to) ? (perFollower[to] ?? general) : general;
  const elapsed = new Map<NodeId, ElapsedDelays>();

  const elapsedOf = (to: NodeId): ElapsedDelays => {
    const known = elapsed.get(to);
    if (known !== undefined) return known;
    const created = new ElapsedDelays();
    elapsed.set(to, created);
    return created;
  };

  const delays: DelayControl = {
    configure: (range, followers) => {
      general = range;
      perFollower = followers;
    },
    elapsedMs: (to, sequence) => elapsed.get(to)?.get(sequence) ?? 0,
  };
  const delayed: Network = {
    listen: (opened) => network.listen(opened),
    dial: (to, opened) =>
      network.dial(to, (link) => {
        const range = () => rangeOf(to);
        const slow = new DelayedLink({ link, clock, random, range, elapsed: elapsedOf(to) });
        const events = opened(slow);
        return {
          received: (message) => events.received(message),
          closed: (reason) => {
            slow.drop();
            events.closed(reason);
          },
        };
      }),
  };
  return { network: delayed, delays };
}

interface DelayedLinkOptions {
  readonly link: Link<LeaderMessage>;
  readonly clock: Clock;
  readonly random: Random;
  /** The settings now in force for this follower. */
  readonly range: () => DelayRange;
  readonly elapsed: ElapsedDelays;
}

/** An entry that waits. */
interface Held {
  readonly entry: Entry;
  readonly epoch: Epoch;
  readonly sentAt: number;
}

/** Milliseconds. Timers fire a little early at times: an entry due within a microsecond is due. */
const toleranceMs = 0.001;

/** One stream to a follower. The entries held here are bounded by the unacknowledged ones of the leader. */
class DelayedLink implements Link<LeaderMessage> {
  readonly #options: DelayedLinkOptions;
  readonly #held = new DueQueue<Held>();
  /** The highest commit mark that was sent; commit marks are never delayed. */
  #committed: Sequence = 0;
  /** Set for the earliest held entry; Infinity while nothing is held. */
  #timerDueAt = Number.POSITIVE_INFINITY;
  #cancelTimer: Cancel = () => {};

  constructor(options: DelayedLinkOptions) {
    this.#options = options;
  }

  send(message: LeaderMessage): void {
    if (message.type === "append" && message.entries.length > 0) {
      const range = this.#options.range();
      if (range.maxDelayMs > 0) {
        this.#hold(message, range);
        return;
      }
      for (const { sequence } of message.entries) this.#options.elapsed.forget(sequence);
    }
    this.#pass(message);
  }

  close(): void {
    this.drop();
    this.#options.link.close();
  }

  /** Forgets everything that waits: the stream is gone. */
  drop(): void {
    this.#cancelTimer();
    this.#timerDueAt = Number.POSITIVE_INFINITY;
    this.#held.clear();
  }

  #hold({ entries, epoch, committed }: Append, { minDelayMs, maxDelayMs }: DelayRange): void {
    const { clock, random } = this.#options;
    if (committed > this.#committed) {
      this.#pass({ type: "append", epoch, entries: [], committed });
    }
    const sentAt = clock.now();
    for (const entry of entries) {
      const delayMs = minDelayMs + (maxDelayMs - minDelayMs) * random();
      this.#held.push({ entry, epoch, sentAt }, sentAt + delayMs);
    }
    this.#setTimer(sentAt);
  }

  #setTimer(now: number): void {
    const dueAt = this.#held.nextDueAt;
    if (dueAt === undefined || dueAt >= this.#timerDueAt) return;
    this.#cancelTimer();
    this.#timerDueAt = dueAt;
    this.#cancelTimer = this.#options.clock.after(Math.max(0, dueAt - now), () => this.#release());
  }

  /** Sends every entry that is due, and notes how long each one really waited. */
  #release(): void {
    const now = this.#options.clock.now();
    this.#timerDueAt = Number.POSITIVE_INFINITY;
    const due = this.#held.takeDue(now + toleranceMs);
    for (const { entry, sentAt } of due) {
      this.#options.elapsed.record(entry.sequence, now - sentAt);
    }
    for (const { epoch, entries } of partsOf(due)) {
      this.#pass({ type: "append", epoch, entries, committed: this.#committed });
    }
    this.#setTimer(now);
  }

  #pass(message: LeaderMessage): void {
    if (message.type === "append" || message.type === "heartbeat") {
      this.#committed = Math.max(this.#committed, message.committed);
    }
    this.#options.link.send(message);
  }
}
