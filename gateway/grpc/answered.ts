import { failed, type Result } from "../../src/errors.ts";
import type { Log } from "../../src/node/ports.ts";

/** What a call asks for, once: at once or later. */
export type Answer<T> = Result<T> | Promise<Result<T>>;

/** An exception becomes INTERNAL here: the library would keep the client waiting. */
export const answered = async <T>(answer: () => Answer<T>, log: Log): Promise<Result<T>> => {
  try {
    return await answer();
  } catch (error) {
    log.error({ err: error }, "a call failed");
    return failed("INTERNAL", "The node made a mistake; its log says which.");
  }
};
