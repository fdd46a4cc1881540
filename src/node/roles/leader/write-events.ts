/** The writes of a leader as events: bounded in number, however many writes there are. */
import { isHidden } from "../../../replication/hidden-keys.ts";
import type { Slot } from "../../../replication/leader/ledger.ts";
import type { Instant, NodeId, Sequence, SequenceRange } from "../../../replication/types.ts";
import type { EventHub } from "../../event-hub.ts";
import type { Clock, DelayControl } from "../../ports.ts";
import { WriteRate } from "./write-rate.ts";

/** Writes per second that have events of their own; a page could not show more. */
const shownPerSecond = 100;
/** Shown writes that are remembered while acks may still come for them. */
const shownMax = 2048;

/** Publishes each write while they are few, and every second their rate. */
export class WriteEvents {
  readonly #hub: EventHub;
  readonly #clock: Clock;
  readonly #delays: DelayControl;
  /** Shown writes that may still be acked, with the time of their proposal. */
  readonly #shown = new Map<Sequence, Instant>();
  /** How many more writes of this second are shown. */
  #budget = shownPerSecond;
  #rate = new WriteRate();

  constructor(parts: { hub: EventHub; clock: Clock; delays: DelayControl }) {
    this.#hub = parts.hub;
    this.#clock = parts.clock;
    this.#delays = parts.delays;
  }

  proposed(slot: Slot): void {
    if (this.#budget <= 0) {
      this.#rate.unshown();
      return;
    }
    this.#budget -= 1;
    const { entry, quorum, proposedAt } = slot;
    const { sequence } = entry;
    const operations = entry.operations.filter(({ key }) => !isHidden(key));
    this.#shown.set(sequence, proposedAt);
    if (this.#shown.size > shownMax) {
      const [oldest] = this.#shown.keys();
      if (oldest !== undefined) this.#shown.delete(oldest);
    }
    const [first] = operations;
    const kind = operations.length > 1 ? "batch" : first?.value === undefined ? "delete" : "put";
    const keys = operations.map(({ key }) => key);
    this.#hub.publish({ type: "write", at: this.#clock.wall(), sequence, keys, kind, quorum });
  }

  acked(node: NodeId, ranges: readonly SequenceRange[]): void {
    const now = this.#clock.now();
    for (const { from, to } of ranges) {
      this.#rate.acked(node, to - from + 1);
      for (let sequence = from; sequence <= to; sequence += 1) {
        const proposedAt = this.#shown.get(sequence);
        if (proposedAt === undefined) continue;
        const ms = now - proposedAt;
        const delayMs = this.#delays.elapsedMs(node, sequence);
        const at = this.#clock.wall();
        this.#hub.publish({ type: "ack", at, sequence, node, ms, delayMs });
      }
    }
  }

  settled(slot: Slot, latencyMs: number): void {
    this.#rate.settled(latencyMs);
    const { sequence } = slot.entry;
    if (!this.#shown.has(sequence)) return;
    const { quorum } = slot;
    this.#hub.publish({ type: "settled", at: this.#clock.wall(), sequence, quorum, latencyMs });
  }

  /** `code`: the error that the writer got. */
  refused(code: string): void {
    this.#rate.refused(code);
  }

  unknown(slot: Slot): void {
    this.#rate.unknown();
    if (!this.#shown.has(slot.entry.sequence)) return;
    const acks = slot.acks.map(({ node }) => node);
    const { quorum, entry } = slot;
    const { sequence } = entry;
    this.#hub.publish({ type: "unknown", at: this.#clock.wall(), sequence, quorum, acks });
  }

  /** Called once a second: publishes the rate and begins a new second. */
  closeSecond(): void {
    this.#hub.publish({ type: "rate", at: this.#clock.wall(), ...this.#rate.figures() });
    this.#rate = new WriteRate();
    this.#budget = shownPerSecond;
  }
}
