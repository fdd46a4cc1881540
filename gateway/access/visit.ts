/** One call of one caller: whether it may go on, which keys it may touch, and what it came to. */
import { type Failure, failureOf } from "../../src/errors.ts";
import type { Caller } from "./caller.ts";

/** What a visit needs of the token that admitted it. */
export interface Holding {
  /** Whether the token is still in the file, and not past its time. */
  isValid(): boolean;
  /** Calls `run` once it no longer is; returns how to take that back. */
  onLapse(run: () => void): () => void;
}

/** Made by `Access.admit` for every call. */
export class Visit {
  readonly caller: Caller;
  /** Such as `PUT /write`. */
  readonly call: string;
  /** The call may administer the node. */
  readonly administers: boolean;
  /** Why the call must not go on; undefined: it may. */
  readonly objection: Failure | undefined;
  /** The caller has shown too many wrong tokens, other than by a cookie: for open calls that tell who a token belongs to. */
  readonly guessing: Failure | undefined;
  /** The keys or the prefix that the call is about, for the audit log. */
  #keys: readonly string[] = [];
  readonly #holding: Holding | undefined;

  constructor(facts: {
    readonly caller: Caller;
    readonly call: string;
    readonly administers: boolean;
    readonly objection?: Failure | undefined;
    readonly guessing?: Failure | undefined;
    readonly holding?: Holding | undefined;
  }) {
    this.caller = facts.caller;
    this.call = facts.call;
    this.administers = facts.administers;
    this.objection = facts.objection;
    this.guessing = facts.guessing;
    this.#holding = facts.holding;
  }

  get keys(): readonly string[] {
    return this.#keys;
  }

  /** PERMISSION_DENIED unless all these keys are the caller's. Must be asked before the node is. */
  keysFault(keys: readonly string[]): Failure | undefined {
    this.#keys = keys;
    return keys.every((key) => this.mayTouch(key)) ? undefined : this.#outside("key");
  }

  /** The same for all keys that start with the prefix. */
  prefixFault(prefix: string): Failure | undefined {
    this.#keys = [`${prefix}*`];
    return this.mayTouch(prefix) ? undefined : this.#outside("prefix");
  }

  /** Whether a key, or every key with this prefix, is the caller's. */
  mayTouch(start: string): boolean {
    const { prefixes } = this.caller;
    return prefixes === undefined || prefixes.some((prefix) => start.startsWith(prefix));
  }

  /** UNAUTHENTICATED once the token that admitted the call no longer would. */
  lapse(): Failure | undefined {
    return this.#holding === undefined || this.#holding.isValid() ? undefined : lapsed;
  }

  /** Calls `run` once `lapse` has a failure, for a call that lasts. Returns how to take that back. */
  onLapse(run: (failure: Failure) => void): () => void {
    return this.#holding?.onLapse(() => run(lapsed)) ?? (() => undefined);
  }

  /** A further request within the same call, such as a write of a stream. */
  again(): Visit {
    const { caller, call, administers, objection } = this;
    return new Visit({ caller, call, administers, objection, holding: this.#holding });
  }

  /** Names neither the key nor whether it exists: the caller may not know. */
  #outside(what: "key" | "prefix"): Failure {
    const own = JSON.stringify(this.caller.prefixes);
    const detail = `The token ${this.caller.id} is for keys that start with one of ${own}; this ${what} does not. Nothing was done.`;
    return failureOf("PERMISSION_DENIED", detail);
  }
}

const lapsed = failureOf(
  "UNAUTHENTICATED",
  "The token has expired or was removed; nothing more is done.",
);
