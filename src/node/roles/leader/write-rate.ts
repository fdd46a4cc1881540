/** The writes of one second in figures: how many, how fast, and why some were refused. */
import type { NodeId } from "../../../replication/types.ts";
import type { NodeEvent } from "../../api.ts";

/** Quantiles are of the first so many answered writes of a second. */
const latenciesMax = 4096;

type Rate = Omit<Extract<NodeEvent, { type: "rate" }>, "type" | "at">;

/** What one second of writes came to. Counts are exact; a new second begins with a new tally. */
export class WriteRate {
  /** Writes that settled. */
  #writes = 0;
  #unknown = 0;
  #unshown = 0;
  readonly #refused: Record<string, number> = {};
  readonly #acks: Record<NodeId, number> = {};
  readonly #latencies: number[] = [];

  settled(latencyMs: number): void {
    this.#writes += 1;
    if (this.#latencies.length < latenciesMax) this.#latencies.push(latencyMs);
  }

  acked(node: NodeId, entries: number): void {
    this.#acks[node] = (this.#acks[node] ?? 0) + entries;
  }

  refused(code: string): void {
    this.#refused[code] = (this.#refused[code] ?? 0) + 1;
  }

  unknown(): void {
    this.#unknown += 1;
  }

  /** A write whose own events are left out. */
  unshown(): void {
    this.#unshown += 1;
  }

  /** The figures of this second, as pages get them. */
  figures(): Rate {
    const sorted = this.#latencies.sort((left, right) => left - right);
    const quantile = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? null;
    return {
      writes: this.#writes,
      acks: this.#acks,
      p50: quantile(0.5),
      p95: quantile(0.95),
      p99: quantile(0.99),
      refused: this.#refused,
      unknown: this.#unknown,
      unshown: this.#unshown,
    };
  }
}
