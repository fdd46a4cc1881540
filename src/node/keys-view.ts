/** Several keys as of one place in the log, within the bound of one answer. */
import { failed, type Result, succeeded } from "../errors.ts";
import type { Sequence } from "../replication/types.ts";
import type { KeysView, KeyValue } from "./api.ts";

/** Bytes of the values of one view. */
export const viewBytesMax = 2 * 1024 * 1024;

/** `read` gives what the entries up to `sequence` made of a key. TOO_LARGE beyond 2 MiB of values. */
export function keysView(
  keys: readonly string[],
  sequence: Sequence,
  read: (key: string) => KeyValue | undefined,
): Result<KeysView> {
  const entries: (KeyValue | null)[] = [];
  let bytes = 0;
  for (const key of keys) {
    const found = read(key);
    if (found === undefined) {
      entries.push(null);
      continue;
    }
    const { value, version } = found;
    bytes += Buffer.byteLength(value);
    if (bytes > viewBytesMax)
      return failed(
        "TOO_LARGE",
        `The values of these keys are more than ${viewBytesMax} bytes together; read fewer keys at once.`,
      );
    entries.push({ key, value, version });
  }
  return succeeded({ entries, sequence });
}
