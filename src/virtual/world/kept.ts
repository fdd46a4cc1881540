/**
 * What a recovery keeps of what it hears, in the plainest form of the design's rules (DESIGN.md,
 * "Beginning to lead"). The code under test, `src/replication/recovery`, is not used here.
 */
import type { Check, Entry, Sequence, StoreRecord } from "../../replication/types.ts";

/** A store and the entries above it that somebody showed, several of one sequence included. */
export interface Heard {
  readonly applied: Sequence;
  readonly get: (key: string) => StoreRecord | undefined;
  readonly entries: Iterable<Entry>;
}

/**
 * What stands at a sequence above the store after the recovery: an entry, a no-op in the place of
 * what is missing or was dropped, or undefined beyond everything that was heard of.
 */
export function whatIsKept(heard: Heard): (sequence: Sequence) => Entry | undefined {
  const kept = survivors(heard);
  let last = heard.applied;
  for (const { sequence } of heard.entries) last = Math.max(last, sequence);
  return (sequence) => (sequence > last ? undefined : (kept.get(sequence) ?? noOp));
}

const noOp: Entry = { sequence: 0, epoch: 0, origin: 0, operations: [] };

function survivors({ applied, get, entries }: Heard): ReadonlyMap<Sequence, Entry> {
  const newest = newestOf(entries, applied);
  const evidence = [...newest.values()].sort((left, right) => left.sequence - right.sequence);
  const overruled = new Set(evidence.flatMap((entry) => overruledBy(entry, evidence)));
  const kept = new Map<Sequence, Entry>();
  const stored = (key: string) => get(key) ?? absent;
  const state = new Map<string, { version: Sequence; origin: number }>();
  for (const entry of evidence) {
    if (overruled.has(entry)) continue;
    const holds = conditionsOf(entry).every(({ key, condition }) => {
      const { version, origin } = state.get(key) ?? stored(key);
      return version === condition.version && origin === condition.origin;
    });
    if (!holds) continue;
    kept.set(entry.sequence, entry);
    const { sequence: version, origin } = entry;
    for (const { key, value } of entry.operations)
      state.set(key, value === undefined ? absent : { version, origin });
  }
  return kept;
}

const absent = { version: 0, origin: 0 };

/** All that an entry requires, of keys that it writes and of others. */
export const conditionsOf = ({
  operations,
  requires,
}: Pick<Entry, "operations" | "requires">): readonly Check[] => [
  ...operations.flatMap(({ key, condition }) =>
    condition === undefined ? [] : [{ key, condition }],
  ),
  ...(requires?.checks ?? []),
];

/** Per sequence the highest epoch wins. */
function newestOf(entries: Iterable<Entry>, above: Sequence): ReadonlyMap<Sequence, Entry> {
  const newest = new Map<Sequence, Entry>();
  for (const entry of entries) {
    if (entry.sequence <= above) continue;
    const known = newest.get(entry.sequence);
    if (known === undefined || known.epoch < entry.epoch) newest.set(entry.sequence, entry);
  }
  return newest;
}

/**
 * Entries of an earlier epoch that write the key of a condition between what it rests on and the
 * conditional entry. They were not in the log of the leader that sent this one last, so they were never settled.
 */
function overruledBy(entry: Entry, evidence: readonly Entry[]): readonly Entry[] {
  return conditionsOf(entry).flatMap(({ key, condition }) => {
    const { version, after = entry.sequence } = condition;
    const restsOn = version > 0 ? version : after;
    const writers = evidence.filter(
      ({ sequence, operations }) =>
        sequence > restsOn &&
        sequence < entry.sequence &&
        operations.some((operation) => operation.key === key),
    );
    const named = writers.findLastIndex((writer) => writer.epoch >= entry.epoch);
    return writers.slice(named + 1);
  });
}
