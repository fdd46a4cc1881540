/**
 * What a call can come to other than its answer: one closed list of codes, each with what it says
 * about the write that it answers. `written: "no"` is a promise; everything else is `"unknown"`.
 */

interface Meaning {
  readonly written: "no" | "unknown";
  /** The call may be sent again, since nothing was written and a moment may change the answer. */
  readonly transient?: true;
  /** Another node may answer at once; it is not worth waiting for `Retry-After`. */
  readonly elsewhere?: true;
}

const no = { written: "no" } as const;
const transient = { written: "no", transient: true } as const;
const elsewhere = { written: "no", transient: true, elsewhere: true } as const;
const unknown = { written: "unknown" } as const;

/** Codes that a node answers with; docs/api.md describes them. */
const nodeMeanings = {
  INVALID_ARGUMENT: no,
  KEY_NOT_FOUND: no,
  VERSION_MISMATCH: no,
  IDEMPOTENCY_KEY_REUSED: no,
  COMPACTED: no,
  TOO_LARGE: no,
  UNSUPPORTED_MEDIA_TYPE: no,
  METHOD_NOT_ALLOWED: no,
  NOT_FOUND: no,
  MISDIRECTED: no,
  UNAUTHENTICATED: no,
  PERMISSION_DENIED: no,
  /** Too many wrong tokens: another attempt would be one more. */
  RATE_LIMITED: no,
  NOT_LEADER: elsewhere,
  NO_LEADER: elsewhere,
  SHUTTING_DOWN: elsewhere,
  QUORUM_UNAVAILABLE: transient,
  OVERLOADED: transient,
  RECOVERING: transient,
  OUTCOME_UNKNOWN: unknown,
  INTERNAL: unknown,
} as const satisfies Record<string, Meaning>;

/** Codes that this client gives. */
const ownMeanings = {
  /** No connection could be made, to any endpoint. */
  UNREACHABLE: elsewhere,
  /** The connection broke before the answer was whole. */
  CONNECTION_LOST: unknown,
  /** The call's time passed. */
  TIMEOUT: unknown,
  /** The caller's signal ended the call. */
  ABORTED: unknown,
  /** Something answered that is not this API: a proxy, a redirect, a code of a later version. */
  UNEXPECTED_ANSWER: unknown,
  /** The value is not what the caller's schema asks for. */
  INVALID_VALUE: no,
} as const satisfies Record<string, Meaning>;

const meanings = { ...nodeMeanings, ...ownMeanings };

export type KVErrorCode = keyof typeof meanings;

/** One thing that a schema found wrong. */
export interface Issue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

/** What an error of some codes has beyond the members of all. */
interface Details {
  /** `version` is the key's current one. */
  VERSION_MISMATCH: { readonly key: string; readonly version: number; readonly index?: number };
  IDEMPOTENCY_KEY_REUSED: { readonly idempotencyKey: string };
  NOT_LEADER: { readonly leader: string; readonly leaderUrl: string };
  QUORUM_UNAVAILABLE: { readonly live?: number; readonly quorum?: number };
  /** `version` where the leader's log is known to hold the write. */
  OUTCOME_UNKNOWN: {
    readonly version?: number | null;
    readonly acks?: readonly unknown[];
    readonly quorum?: number | null;
  };
  INVALID_VALUE: { readonly issues: readonly Issue[] };
}

type DetailsOf<Code> = Code extends keyof Details ? Details[Code] : unknown;

interface Common {
  /** `"no"`: nothing was written. `"unknown"`: a write may be stored, or may still be. */
  readonly written: "no" | "unknown";
  /** HTTP status; absent where no node answered. */
  readonly status?: number;
  readonly retryAfterMs?: number;
  /** Who answered, or was asked last. */
  readonly endpoint?: string;
}

type KVErrorOf<Code extends KVErrorCode> = Code extends KVErrorCode
  ? Error & Common & DetailsOf<Code> & { readonly code: Code }
  : never;

/** Every failure of a call; `code` says which members it has. */
export type KVError = KVErrorOf<KVErrorCode>;

type Init = Partial<Common> & { readonly cause?: unknown; readonly details?: object };

interface KVErrorConstructor {
  new (code: KVErrorCode, message: string, init?: Init): KVError;
  readonly prototype: KVError;
}

class BasicError extends Error implements Common {
  readonly code: KVErrorCode;
  readonly written: "no" | "unknown";

  constructor(code: KVErrorCode, message: string, init: Init = {}) {
    const { cause, details, ...common } = init;
    super(message, cause === undefined ? undefined : { cause });
    this.name = "KVError";
    this.code = code;
    this.written = meanings[code].written;
    Object.assign(this, details, common);
  }
}

/** The class, for `instanceof`; it narrows to the union above. */
export const KVError: KVErrorConstructor = BasicError as unknown as KVErrorConstructor;

/** As `instanceof`, which TypeScript does not take for the opposite of a union. */
export const isKVError = (value: unknown): value is KVError => value instanceof BasicError;

/** Whether a node of this version answers with that code. */
export const isNodeCode = (code: unknown): code is keyof typeof nodeMeanings =>
  typeof code === "string" && Object.hasOwn(nodeMeanings, code);

export const isTransient = ({ code }: KVError): boolean => "transient" in meanings[code];

export const isElsewhere = ({ code }: KVError): boolean => "elsewhere" in meanings[code];
