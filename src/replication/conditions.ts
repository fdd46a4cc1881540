/** All that an entry requires of keys, whether it writes them or only checks them. */
import type { Check, Condition, Entry } from "./types.ts";

/** The checks of an entry. Conditions of its operations are not among them. */
export const checksOf = ({ requires }: Pick<Entry, "requires">): readonly Check[] =>
  requires?.checks ?? [];

/** Whether every condition of the entry, those of its checks included, is as `holds` wants it. */
export const everyCondition = (
  entry: Entry,
  holds: (key: string, condition: Condition) => boolean,
): boolean =>
  checksOf(entry).every(({ key, condition }) => holds(key, condition)) &&
  entry.operations.every(({ key, condition }) => condition === undefined || holds(key, condition));
