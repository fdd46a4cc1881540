import type { Condition, Epoch, Instant, Operation, Sequence } from "../types.ts";
import type { StoreView } from "../views.ts";
import type { Slot } from "./ledger.ts";
import type { Overlay } from "./overlay.ts";

/** One operation as a writer asks for it. */
export interface WishedOperation {
  readonly key: string;
  /** JSON text; undefined deletes. */
  readonly value?: string | undefined;
  readonly ifVersion?: Sequence | undefined;
}

/** One write as it reaches the leader. */
export interface Proposal {
  readonly operations: readonly WishedOperation[];
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
  | ConditionRefusal;

interface ConditionRefusal {
  readonly reason: "versionMismatch" | "keyNotFound";
  readonly key: string;
  readonly version: Sequence;
  /** The refusal is true only once this entry is settled; 0: it is true now. */
  readonly after: Sequence;
}

/** What became of one proposal. `slot` follows the accepted entry until it is committed. */
export type ProposalOutcome =
  | { readonly type: "accepted"; readonly slot: Slot }
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

/**
 * Checks a write's conditions against the newest proposed state of its keys. Returns the operations
 * with their conditions pinned to what was seen, or the refusal.
 */
export function evaluate(
  wished: readonly WishedOperation[],
  state: State & { sequence: Sequence; epoch: Epoch },
): { operations: readonly Operation[]; dependsOn: readonly Sequence[] } | Refusal {
  const written = new Map<string, Newest>();
  const dependsOn: Sequence[] = [];
  const operations: Operation[] = [];
  const { sequence, epoch } = state;
  for (const { key, value, ifVersion } of wished) {
    const conditional = ifVersion !== undefined || value === undefined;
    let condition: Condition | undefined;
    if (conditional) {
      const newest = written.get(key) ?? newestOf(key, state);
      const refusal = refusalOf({ key, value, ifVersion }, newest);
      if (refusal !== undefined) {
        // What an earlier operation of this entry would have written, nobody will ever see.
        const { present, version, open } = newest.own ? newestOf(key, state) : newest;
        return { ...refusal, version: present ? version : 0, after: open };
      }
      if (!newest.own) {
        condition = newest.present
          ? { version: newest.version, origin: newest.origin }
          : { version: 0, origin: 0, after: newest.version };
        if (newest.open > 0) dependsOn.push(newest.open);
      }
    }
    operations.push(condition === undefined ? { key, value } : { key, value, condition });
    if (wished.length > 1)
      written.set(key, {
        present: value !== undefined,
        version: sequence,
        origin: epoch,
        open: 0,
        own: true,
      });
  }
  return { operations, dependsOn };
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

function refusalOf(wished: WishedOperation, newest: Newest): ConditionRefusal | undefined {
  const { key, value, ifVersion } = wished;
  const version = newest.present ? newest.version : 0;
  if (ifVersion !== undefined && ifVersion !== version)
    return { reason: "versionMismatch", key, version, after: newest.open };
  if (value === undefined && !newest.present)
    return { reason: "keyNotFound", key, version: 0, after: newest.open };
  return undefined;
}
