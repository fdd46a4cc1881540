/** What a load generator of ours prints at its end: one JSON line, as load.lua does. */
export class Latencies {
  readonly #startedAt = performance.now();
  readonly #milliseconds: number[] = [];
  #answered = 0;
  #failed = 0;

  /** Answers that came together, to requests that were sent together. */
  answered(count: number, failed: number, milliseconds: number): void {
    this.#answered += count;
    this.#failed += failed;
    this.#milliseconds.push(milliseconds);
  }

  print(): void {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const sorted = Float64Array.from(this.#milliseconds).toSorted();
    const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
    const figures = { answered: this.#answered, failed: this.#failed, seconds };
    const line = JSON.stringify({ ...figures, p50Ms: at(0.5), p99Ms: at(0.99) });
    process.stdout.write(`${line}\n`);
  }
}
