import type {
  Check,
  Condition,
  Epoch,
  Instant,
  Operation,
  Requirements,
  Sequence,
} from "../types.ts";
import type { StoreView } from "../views.ts";
import type { Slot } from "./ledger.ts";
import type { Overlay } from "./overlay.ts";

/** One operation as a writer asks for it. */
export interface WishedOperation {
  readonly key: string;
  /** JSON text; undefined deletes, or nothing is written. */
  readonly value?: string | undefined;
  readonly ifVersion?: Sequence | undefined;
  /** It writes nothing: the whole entry is written only if the key is at `ifVersion`. */
  readonly isCheck?: boolean | undefined;
}

/** What makes a write one that may be sent again: it takes effect once. */
export interface Idempotency {
  readonly key: string;
  /** What the write asks for, as a hash: the same key may not be used for anything else. */
  readonly request: string;
}

/** One write as it reaches the leader. */
export interface Proposal {
  readonly operations: readonly WishedOperation[];
  readonly idempotency?: Idempotency | undefined;
  /** Undefined: the write quorum in force. */
  readonly quorum?: number | undefined;
  readonly proposedAt: Instant;
  readonly deadlineAt: Instant;
}

/** Why a proposal was refused. Nothing of it was appended. */
export type Refusal =
  | { readonly reason: "recovering"; readonly detail: string }
  | { readonly reason: "overloaded"; readonly detail: string }
  | { readonly reason: "quorumUnavailable"; readonly live: number; readonly quorum: number }
  /** Before anything settles with so low a quorum, `noted` followers must have a durable note of it. */
  | {
      readonly reason: "floorTooHigh";
      readonly live: number;
      readonly quorum: number;
      readonly noted: number;
    }
  | ConditionRefusal
  | KeyReuse;

/** The idempotency key belongs to another write. */
export interface KeyReuse {
  readonly reason: "keyReused";
  readonly key: string;
  /** As in ConditionRefusal. */
  readonly after: Sequence;
}

/** A write that was proposed before. */
export interface RepeatedWrite {
  readonly sequence: Sequence;
  /** What it asked for, or what was usual. */
  readonly quorum: number;
}

interface ConditionRefusal {
  readonly reason: "versionMismatch" | "keyNotFound";
  /** Place of the operation in the proposal, from 0. */
  readonly index: number;
  readonly key: string;
  readonly version: Sequence;
  /** The refusal is true only once this entry is settled; 0: it is true now. */
  readonly after: Sequence;
}

/** What became of one proposal. `slot` follows the accepted entry until it is committed. */
export type ProposalOutcome =
  | { readonly type: "accepted"; readonly slot: Slot }
  /** Nothing was appended. `slot` is that of the first one until it is committed. */
  | ({ readonly type: "repeated"; readonly slot: Slot | undefined } & RepeatedWrite)
  | { readonly type: "refused"; readonly refusal: Refusal };

/** What a proposal is checked against: a store, and all writes above its applied mark. */
interface State {
  readonly overlay: Overlay;
  readonly store: StoreView;
  readonly applied: Sequence;
}

interface Newest {
  readonly present: boolean;
  /** Of an absent key: where it was deleted, or the applied mark of the store that lacks it. */
  readonly version: Sequence;
  readonly origin: Epoch;
  /** The entry is still open; 0: it is settled. */
  readonly open: Sequence;
  /** An earlier operation of the same entry wrote it. */
  readonly own: boolean;
}

/** What an entry is made of. */
interface Checked {
  readonly operations: readonly Operation[];
  readonly requires: Requirements | undefined;
  /** Open entries that its conditions rest on. */
  readonly dependsOn: readonly Sequence[];
}

/**
 * Checks a write's conditions against the newest proposed state of its keys. Returns the operations
 * with their conditions pinned to what was seen, or the refusal.
 */
export function evaluate(
  wished: readonly WishedOperation[],
  state: State & { sequence: Sequence; epoch: Epoch },
): Checked | Refusal {
  /** What the operations before this one wrote; one alone has none. */
  const written = wished.length > 1 ? new Map<string, Newest>() : undefined;
  const dependsOn: Sequence[] = [];
  const operations: Operation[] = [];
  const checks: Check[] = [];
  const { sequence, epoch } = state;
  for (const [index, { key, value, ifVersion, isCheck = false }] of wished.entries()) {
    const conditional = ifVersion !== undefined || value === undefined;
    let condition: Condition | undefined;
    if (conditional) {
      const newest = written?.get(key) ?? newestOf(key, state);
      const refusal = refusalOf({ key, value, ifVersion, isCheck }, newest);
      if (refusal !== undefined) {
        // What an earlier operation of this entry would have written, nobody will ever see.
        const { present, version, open } = newest.own ? newestOf(key, state) : newest;
        return { ...refusal, index, version: present ? version : 0, after: open };
      }
      if (!newest.own) {
        condition = newest.present
          ? { version: newest.version, origin: newest.origin }
          : { version: 0, origin: 0, after: newest.version };
        if (newest.open > 0) dependsOn.push(newest.open);
      }
    }
    if (isCheck) {
      if (condition !== undefined) checks.push({ key, condition });
      continue;
    }
    operations.push(condition === undefined ? { key, value } : { key, value, condition });
    written?.set(key, {
      present: value !== undefined,
      version: sequence,
      origin: epoch,
      open: 0,
      own: true,
    });
  }
  return { operations, requires: checks.length === 0 ? undefined : { checks }, dependsOn };
}

function newestOf(key: string, state: State): Newest {
  const pending = state.overlay.newestProposed(key);
  if (pending !== undefined)
    return {
      present: pending.value !== undefined,
      version: pending.sequence,
      origin: pending.origin,
      open: pending.settled ? 0 : pending.sequence,
      own: false,
    };
  const stored = state.store.get(key);
  return {
    present: stored !== undefined,
    version: stored?.version ?? state.applied,
    origin: stored?.origin ?? 0,
    open: 0,
    own: false,
  };
}

function refusalOf(
  wished: WishedOperation,
  newest: Newest,
): Omit<ConditionRefusal, "index"> | undefined {
  const { key, value, ifVersion, isCheck = false } = wished;
  const version = newest.present ? newest.version : 0;
  if (ifVersion !== undefined && ifVersion !== version)
    return { reason: "versionMismatch", key, version, after: newest.open };
  if (value === undefined && !isCheck && !newest.present)
    return { reason: "keyNotFound", key, version: 0, after: newest.open };
  return undefined;
}
