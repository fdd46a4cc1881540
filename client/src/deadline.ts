/** The end of a call: its time has passed, or its caller wants no answer any more. */

/** Beyond it timers fire at once. */
const timerMsMax = 2 ** 31 - 1;

/** Why a signal under a deadline that has passed is aborted. */
const timeUp = new Error("the call's time passed");

/** May be a part of another one. Must be disposed of, which frees its timer and lets go of the caller's signal. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #outer: AbortSignal | undefined;
  readonly #endsAt: number;
  #cause: "timeout" | "aborted" | undefined;

  constructor(timeoutMs: number, outer?: AbortSignal) {
    this.#endsAt = performance.now() + timeoutMs;
    this.#timer = setTimeout(() => this.#end("timeout"), Math.min(timeoutMs, timerMsMax));
    this.#outer = outer;
    if (outer?.aborted) this.#abort();
    else outer?.addEventListener("abort", this.#abort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Undefined while the call goes on. */
  get cause(): "timeout" | "aborted" | undefined {
    return this.#cause;
  }

  get remainingMs(): number {
    return this.#cause === undefined ? Math.max(0, this.#endsAt - performance.now()) : 0;
  }

  /** The promise, or a rejection once the deadline is over, whatever becomes of the promise. */
  race<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this;
    return new Promise((resolve, reject) => {
      const over = () => reject(new Error(`the call has ended: ${this.#cause}`));
      if (signal.aborted) over();
      else signal.addEventListener("abort", over, { once: true });
      promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", over));
    });
  }

  /** Waits that long, or until the deadline. */
  async pause(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const passed = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.min(ms, timerMsMax));
    });
    await this.race(passed).catch(() => undefined);
    clearTimeout(timer);
  }

  /** Ends it early: requests under its signal are given up. */
  cancel(): void {
    this.#end("aborted");
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#abort);
  }

  readonly #abort = (): void => this.#end(this.#outer?.reason === timeUp ? "timeout" : "aborted");

  #end(cause: "timeout" | "aborted"): void {
    if (this.#cause !== undefined) return;
    this.#cause = cause;
    this.#controller.abort(cause === "timeout" ? timeUp : this.#outer?.reason);
    this.dispose();
  }
}
