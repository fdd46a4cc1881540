/**
 * A simulated slow network in front of the real one. Each entry on its way to a follower is held
 * back by a random delay of its own, all of them at the same time, so entries overtake each other;
 * every other message passes at once. Nothing is delayed where the settings say 0 to 0.
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
import { DueQueue } from "./due-queue.ts";
import { ElapsedDelays } from "./elapsed-delays.ts";

interface DelayedNetworkOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
}

type Append = Extract<LeaderMessage, { type: "append" }>;

const noDelay: DelayRange = { minDelayMs: 0, maxDelayMs: 0 };

/** Wraps the leader's side only: followers listen on the network as it is. */
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

interface Held {
  readonly entry: Entry;
  readonly epoch: Epoch;
  readonly sentAt: number;
}

/** Clocks round: what is due within a microsecond is due. Milliseconds. */
const toleranceMs = 0.001;

/** What is held here is bounded by what the leader lets be unacknowledged. */
class DelayedLink implements Link<LeaderMessage> {
  readonly #options: DelayedLinkOptions;
  readonly #held = new DueQueue<Held>();
  /** The highest committed mark that went out; marks are never held back. */
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

  #release(): void {
    const now = this.#options.clock.now();
    this.#timerDueAt = Number.POSITIVE_INFINITY;
    const due = this.#held.takeDue(now + toleranceMs);
    for (const { entry, sentAt } of due) {
      this.#options.elapsed.record(entry.sequence, now - sentAt);
    }
    for (const [epoch, entries] of byEpoch(due)) {
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

/** A link belongs to one reign, so this is one group; nothing here depends on that. */
function byEpoch(due: readonly Held[]): Map<Epoch, Entry[]> {
  const groups = new Map<Epoch, Entry[]>();
  for (const { entry, epoch } of due) {
    const group = groups.get(epoch);
    if (group === undefined) groups.set(epoch, [entry]);
    else group.push(entry);
  }
  return groups;
}
