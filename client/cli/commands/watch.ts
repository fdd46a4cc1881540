/** watch: one line for each put and delete, until it is interrupted. */
import { KVError } from "../../src/errors.ts";
import type { WatchConnection, WatchEvent } from "../../src/types.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import type { Session } from "../session.ts";
import { visible } from "../terminal/visible.ts";
import { rawValue } from "../value-argument.ts";
import { entryText } from "./keys.ts";

export interface WatchFlags {
  readonly after?: number;
  readonly count?: number;
  readonly patience: number;
}

export async function watch(
  session: Session,
  prefix: string,
  { after, count, patience }: WatchFlags,
): Promise<ExitCode> {
  const { kv, io, output } = session;
  let left = count ?? Number.POSITIVE_INFINITY;
  const events = kv.watch<string>({
    ...{ prefix, after, raw: true, signal: io.signal, timeoutMs: patience },
    onConnection: (change) => output.note(connectionText(change)),
  });
  try {
    for await (const event of events) {
      await output.show(lineOf(event));
      left -= 1;
      if (left <= 0) break;
    }
  } catch (error) {
    // Ctrl-C is how a watch ends.
    if (!(error instanceof KVError) || error.code !== "ABORTED") throw error;
  }
  return exitCodes.ok;
}

const connectionText = (change: WatchConnection): string =>
  change.type === "open"
    ? `watching at ${change.endpoint} after sequence ${change.after}`
    : `connection to ${change.endpoint} lost; resuming after sequence ${change.after}`;

const lineOf = (event: WatchEvent<string>) => ({
  table: () => {
    const { type, version, key } = event;
    const value = event.type === "put" ? `  ${visible(event.value)}` : "";
    return `${version}  ${type}  ${visible(key)}${value}`;
  },
  json: () =>
    event.type === "put"
      ? entryText(event)
      : JSON.stringify({ key: event.key, version: event.version, deleted: true }),
  raw: () => (event.type === "put" ? rawValue(event.value) : ""),
});
