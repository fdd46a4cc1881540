/** The end of a node, in steps that each part can ask for: closing, ended, over. */

/** It only moves forward: what was closed or ended once stays so. */
export class Lifetime {
  #closing = false;
  /** Invariant: set once the lifetime is over. */
  #ended: string | undefined;
  #over = false;

  /** A shutdown has begun: new writes are refused, those under way are finished. */
  get closing(): boolean {
    return this.#closing;
  }

  /** Why reads and writes are refused; undefined while they are answered. Flushes may go on. */
  get ended(): string | undefined {
    return this.#ended;
  }

  /** Facts are dropped and nothing is performed any more. */
  get over(): boolean {
    return this.#over;
  }

  beginClosing(): void {
    this.#closing = true;
  }

  /** Refuses reads and writes from now on, with this sentence. The first sentence stays. */
  end(reason: string): void {
    this.#ended ??= reason;
  }

  /** Returns false if the lifetime was over before. */
  finish(): boolean {
    if (this.#over) return false;
    this.end("the node has stopped");
    this.#over = true;
    return true;
  }
}
