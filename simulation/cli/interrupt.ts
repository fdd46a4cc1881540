/** Ctrl-C, SIGTERM and a closed terminal ask the run to end; it then keeps what it has and gives back what it borrowed. */
import { exitCodes } from "../errors.ts";

/** npm passes the terminal's Ctrl-C on, so one key press arrives as two signals. */
const sameKeyPressMs = 500;

/**
 * The first signal aborts; a second one ends the process at once, without a report. Call
 * `stop` when the run is over.
 */
export function listenForInterrupts(): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const interrupt = () => {
    const now = performance.now();
    if (firstAt !== undefined && now - firstAt > sameKeyPressMs)
      process.exit(exitCodes.interrupted);
    firstAt ??= now;
    controller.abort();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of signals) process.on(name, interrupt);
  return {
    signal: controller.signal,
    stop: () => {
      for (const name of signals) process.off(name, interrupt);
    },
  };
}
