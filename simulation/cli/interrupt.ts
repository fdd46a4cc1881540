/** Ctrl-C and SIGTERM ask the run to end; it then keeps what it has and gives back what it borrowed. */
import { exitCodes } from "../errors.ts";

/** npm passes the terminal's Ctrl-C on, so one key press arrives as two signals. */
const sameKeyPressMs = 500;

export const listenForInterrupts = (): { signal: AbortSignal; stop: () => void } => {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const interrupt = () => {
    const now = performance.now();
    if (firstAt !== undefined && now - firstAt > sameKeyPressMs)
      process.exit(exitCodes.interrupted);
    firstAt ??= now;
    controller.abort();
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  return {
    signal: controller.signal,
    stop: () => void process.off("SIGINT", interrupt).off("SIGTERM", interrupt),
  };
};
