/** What one transaction will do, worked out from the state before it. */
import type { StorageBatch } from "../node/ports.ts";
import { invariant } from "../replication/invariant.ts";
import type { Entry, Marks, Sequence, StoreRecord } from "../replication/types.ts";
import { planApply } from "./apply.ts";
import { recordHash } from "./digest.ts";
import type { Arena, Footing, StoreIndex } from "./lmdb-codec.ts";
import type { Environment, Table } from "./lmdb-environment.ts";
import { keyFits, type View } from "./lmdb-view.ts";

/** A transaction: everything is encoded before the first instruction is given. */
export interface Plan {
  readonly footing: Footing;
  readonly marks?: Marks | undefined;
  /** The sequences that it puts into the log. */
  readonly appended: readonly Sequence[];
  readonly instructions: readonly (() => void)[];
  /** The inactive store is left empty by this transaction, or left with rubbish. */
  readonly inactiveDirty: boolean;
  /** Log entries at or below `footing.forgotten` are left on disk by this transaction. */
  readonly rubbish: boolean;
}

/** A store on its way in. */
export interface Incoming {
  sum: bigint;
  keys: number;
  /** Something was flushed into it; before that, the inactive store may hold rubbish. */
  started: boolean;
}

/** The state before the transaction. */
export interface Ground {
  readonly environment: Environment;
  readonly view: View;
  readonly arena: Arena;
  readonly footing: Footing;
  readonly lastSequence: Sequence;
  readonly inactiveDirty: boolean;
  readonly rubbish: boolean;
  /** A store is being received into the inactive one. */
  readonly receiving: boolean;
}

/** Forgetting much at once is spread over transactions, this many entries in each. */
const FORGOTTEN_PER_WRITE = 512;

export const inactive = (active: StoreIndex): StoreIndex => (active === 0 ? 1 : 0);

export function planWrite(ground: Ground, batch: StorageBatch): Plan {
  const { environment, view, arena, footing } = ground;
  const { log, stores } = environment;
  const store = stores[footing.active];
  const instructions: (() => void)[] = [];
  const appended: Sequence[] = [];
  for (const entry of newestEntries(ground, batch.append)) {
    appended.push(entry.sequence);
    const bytes = arena.entry(entry);
    instructions.push(() => log.put(entry.sequence, bytes));
  }
  const { standing, changes } = planApply(footing.standing, batch.apply, (key) =>
    view.hash(store, key),
  );
  for (const { key, put } of changes) {
    invariant(keyFits(key), "a key has 1 to 1024 bytes");
    const bytes = put && arena.record(put.record, put.hash);
    instructions.push(bytes ? () => store.put(key, bytes) : () => store.remove(key));
  }
  const clears = ground.inactiveDirty && !ground.receiving;
  if (clears) instructions.push(() => stores[inactive(footing.active)].clearAsync());
  const forgotten = Math.max(footing.forgotten, batch.compactTo ?? 0);
  const removedMax = FORGOTTEN_PER_WRITE + 2 * batch.append.length;
  const rubbish = forgetEntries({ ...ground, removedMax }, forgotten, instructions);
  return {
    footing: { ...footing, standing, forgotten },
    marks: batch.marks,
    appended,
    instructions,
    inactiveDirty: ground.inactiveDirty && !clears,
    rubbish,
  };
}

export function planAdd(
  ground: Ground,
  incoming: Incoming,
  records: readonly StoreRecord[],
): { readonly plan: Plan; readonly after: Incoming } {
  const { environment, view, arena, footing } = ground;
  const store = environment.stores[inactive(footing.active)];
  const instructions = startIncoming(ground, incoming, store);
  const newest = new Map(records.map((record) => [record.key, record]));
  let { sum, keys } = incoming;
  for (const record of newest.values()) {
    invariant(keyFits(record.key), "a key has 1 to 1024 bytes");
    const before = incoming.started ? view.hash(store, record.key) : undefined;
    const hash = recordHash(record);
    sum += hash - (before ?? 0n);
    keys += before === undefined ? 1 : 0;
    const bytes = arena.record(record, hash);
    instructions.push(() => store.put(record.key, bytes));
  }
  const plan = {
    footing,
    appended: [],
    instructions,
    inactiveDirty: true,
    rubbish: ground.rubbish,
  };
  return { plan, after: { sum: BigInt.asUintN(64, sum), keys, started: true } };
}

export function planInstall(
  ground: Ground,
  incoming: Incoming,
  end: { readonly applied: Sequence; readonly marks: Marks },
): Plan {
  const { footing, environment } = ground;
  const active = inactive(footing.active);
  const instructions = startIncoming(ground, incoming, environment.stores[active]);
  // Should the new store stand lower than the log was forgotten, the rubbish must go at once: it
  // would come back to light.
  const lower = end.applied < footing.forgotten;
  const removedMax = lower ? Number.POSITIVE_INFINITY : FORGOTTEN_PER_WRITE;
  const upTo = Math.max(end.applied, footing.forgotten);
  const rubbish = forgetEntries({ ...ground, removedMax }, upTo, instructions);
  const { sum, keys } = incoming;
  const standing = { applied: end.applied, sum, keys };
  return {
    footing: { standing, active, forgotten: end.applied },
    marks: end.marks,
    appended: [],
    instructions,
    inactiveDirty: true,
    rubbish,
  };
}

function startIncoming(ground: Ground, incoming: Incoming, store: Table<string>): (() => void)[] {
  return ground.inactiveDirty && !incoming.started ? [() => store.clearAsync()] : [];
}

/** The entries to put, without those that a higher epoch or forgetting has overtaken. */
function newestEntries(ground: Ground, append: readonly Entry[]): Iterable<Entry> {
  const { view, footing, lastSequence } = ground;
  const newest = new Map<Sequence, Entry>();
  for (const entry of append) {
    const { sequence, epoch } = entry;
    if (sequence <= footing.forgotten) continue;
    const onDisk = sequence > lastSequence ? undefined : view.epochAt(sequence);
    if (epoch < (newest.get(sequence)?.epoch ?? onDisk ?? 0)) continue;
    newest.set(sequence, entry);
  }
  return newest.values();
}

/** Adds the removal of entries up to `upTo`; returns whether some may be left. */
function forgetEntries(
  ground: Ground & { readonly removedMax: number },
  upTo: Sequence,
  instructions: (() => void)[],
): boolean {
  if (!ground.rubbish && upTo <= ground.footing.forgotten) return false;
  const { log } = ground.environment;
  const sequences = ground.view.sequencesUpTo(upTo, ground.removedMax);
  for (const sequence of sequences) instructions.push(() => log.remove(sequence));
  // What this very transaction appends and forgets is not in sight yet.
  return sequences.length >= ground.removedMax || upTo > ground.footing.forgotten;
}
