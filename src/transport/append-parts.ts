/** Entries that are sent at the same time, as several appends: one of all of them may be longer than a message may be. */
import { DEFAULT_LIMITS } from "../replication/limits.ts";
import type { Entry, Epoch } from "../replication/types.ts";
import { entryBytes } from "../replication/views.ts";

/** What one append holds. */
interface Part {
  readonly epoch: Epoch;
  readonly entries: Entry[];
  bytes: number;
}

/** In the order given. Each part is within the bounds of a leader's append; a large entry may pass them alone. */
export function partsOf(due: Iterable<{ readonly entry: Entry; readonly epoch: Epoch }>): Part[] {
  const { messageEntriesMax, messageBytesMax } = DEFAULT_LIMITS;
  const parts: Part[] = [];
  for (const { entry, epoch } of due) {
    const bytes = entryBytes(entry);
    const last = parts.at(-1);
    const fits =
      last !== undefined &&
      last.epoch === epoch &&
      last.entries.length < messageEntriesMax &&
      last.bytes + bytes <= messageBytesMax;
    if (fits) {
      last.entries.push(entry);
      last.bytes += bytes;
    } else parts.push({ epoch, entries: [entry], bytes });
  }
  return parts;
}
