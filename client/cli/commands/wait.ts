/** wait: until the cluster is ready, a key exists, or a version is applied. */
import { setTimeout as pause } from "node:timers/promises";
import { KVError } from "../../src/errors.ts";
import type { Status } from "../../src/types.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";
import type { Session } from "../session.ts";

export interface WaitFlags {
  readonly key?: string;
  readonly version?: number;
  readonly node?: string;
}

const pollMs = 100;

/** For at most the session's timeout. */
export async function wait(session: Session, flags: WaitFlags): Promise<ExitCode> {
  const { kv, io, timeoutMs } = session;
  const endsAt = performance.now() + timeoutMs;
  const { key, version, node = "@leader" } = flags;
  const path = `/nodes/${encodeURIComponent(node).replace("%40", "@")}`;
  const what = key ?? version;
  const isReached = async (): Promise<boolean> => {
    const options = { signal: io.signal, timeoutMs: Math.max(1, endsAt - performance.now()) };
    if (key !== undefined) return (await kv.get(key, options)) !== null;
    if (version !== undefined) {
      const { applied }: Status = JSON.parse(await kv.request("GET", `${path}/status`, options));
      return applied >= version;
    }
    // Answered otherwise than by success, a read is sent again until its time has passed.
    const readiness = await kv.request("GET", `${path}/readyz?for=writes`, options);
    return JSON.parse(readiness).ready === true;
  };
  for (;;) {
    try {
      if (await isReached()) return exitCodes.ok;
    } catch (error) {
      if (performance.now() < endsAt && !isEnd(error)) throw error;
    }
    if (io.signal.aborted) throw new CommandError("interrupted", exitCodes.unavailable);
    if (performance.now() >= endsAt) {
      const missing = what === undefined ? "not ready for writes" : `still without ${what}`;
      throw new CommandError(`${missing} after ${timeoutMs} ms`, exitCodes.unavailable);
    }
    await pause(pollMs, undefined, { signal: io.signal }).catch(() => undefined);
  }
}

/** What time, or Ctrl-C, has ended. */
const isEnd = (error: unknown): boolean =>
  error instanceof KVError && ["TIMEOUT", "ABORTED", "UNEXPECTED_ANSWER"].includes(error.code);
