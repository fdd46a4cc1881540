import type { Slot } from "../../replication/ledger.ts";
import type { Instant, NodeId, Sequence, SequenceRange } from "../../replication/types.ts";
import type { EventHub } from "../event-hub.ts";
import type { Clock, DelayControl } from "../ports.ts";

/** Writes per second that are told one by one; a page could not show more. */
const shownPerSecond = 100;
const shownMax = 2048;
const latenciesMax = 4096;

/**
 * Tells the pages about writes: each one while they are few, and always how many there are. Counts
 * are exact; quantiles are of the first few thousand writes of their second.
 */
export class WriteEvents {
  readonly #hub: EventHub;
  readonly #clock: Clock;
  readonly #delays: DelayControl;
  /** Shown writes that may still be acked, with the time of their proposal. */
  readonly #shown = new Map<Sequence, Instant>();
  #budget = shownPerSecond;
  #writes = 0;
  #refused: Record<string, number> = {};
  #unknown = 0;
  #unshown = 0;
  #acks: Record<NodeId, number> = {};
  #latencies: number[] = [];

  constructor(parts: { hub: EventHub; clock: Clock; delays: DelayControl }) {
    this.#hub = parts.hub;
    this.#clock = parts.clock;
    this.#delays = parts.delays;
  }

  proposed(slot: Slot): void {
    if (this.#budget <= 0) {
      this.#unshown += 1;
      return;
    }
    this.#budget -= 1;
    const { entry, quorum, proposedAt } = slot;
    const { operations, sequence } = entry;
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
      this.#acks[node] = (this.#acks[node] ?? 0) + (to - from + 1);
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
    this.#writes += 1;
    if (this.#latencies.length < latenciesMax) this.#latencies.push(latencyMs);
    const { sequence } = slot.entry;
    if (!this.#shown.has(sequence)) return;
    const { quorum } = slot;
    this.#hub.publish({ type: "settled", at: this.#clock.wall(), sequence, quorum, latencyMs });
  }

  refused(code: string): void {
    this.#refused[code] = (this.#refused[code] ?? 0) + 1;
  }

  unknown(slot: Slot): void {
    this.#unknown += 1;
    if (!this.#shown.has(slot.entry.sequence)) return;
    const acks = slot.acks.map(({ node }) => node);
    const { quorum, entry } = slot;
    const { sequence } = entry;
    this.#hub.publish({ type: "unknown", at: this.#clock.wall(), sequence, quorum, acks });
  }

  /** Called once a second. */
  closeSecond(): void {
    const sorted = this.#latencies.sort((left, right) => left - right);
    const quantile = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? null;
    this.#hub.publish({
      type: "rate",
      at: this.#clock.wall(),
      writes: this.#writes,
      acks: this.#acks,
      p50: quantile(0.5),
      p95: quantile(0.95),
      p99: quantile(0.99),
      refused: this.#refused,
      unknown: this.#unknown,
      unshown: this.#unshown,
    });
    this.#budget = shownPerSecond;
    this.#writes = 0;
    this.#unshown = 0;
    this.#refused = {};
    this.#unknown = 0;
    this.#acks = {};
    this.#latencies = [];
  }
}
