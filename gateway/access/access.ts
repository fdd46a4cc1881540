/** The one place that decides who may do what, for REST and gRPC alike. */
import type { Config } from "../../src/config/config.ts";
import { type ErrorCode, type Failure, failureOf } from "../../src/errors.ts";
import { isFromThisMachine } from "./addresses.ts";
import type { AuditLog } from "./audit-log.ts";
import { type Approach, type Caller, type Need, suffices } from "./caller.ts";
import type { TokenFile } from "./token-file.ts";
import type { Token } from "./tokens.ts";
import { Visit } from "./visit.ts";
import { WrongTokens } from "./wrong-tokens.ts";

/** Refusals of callers, as the metrics count them. */
export const refusalCodes = [
  "UNAUTHENTICATED",
  "PERMISSION_DENIED",
  "RATE_LIMITED",
  "MISDIRECTED",
] as const satisfies readonly ErrorCode[];
const refusals: ReadonlySet<string> = new Set(refusalCodes);

/** What the decisions rest on. */
interface AccessOptions {
  readonly config: Pick<Config, "admin" | "auditWrites">;
  /** Absent: there are no tokens, and whoever reaches the port may read and write. */
  readonly tokens?: TokenFile | undefined;
  readonly audit?: AuditLog | undefined;
  /** Counts a refusal. */
  readonly refused?: ((code: ErrorCode) => void) | undefined;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** The access rules of one node. */
export class Access {
  readonly #options: AccessOptions;
  readonly #wrong: WrongTokens;

  constructor(options: AccessOptions) {
    this.#options = options;
    this.#wrong = new WrongTokens(options.now);
  }

  /** Whether callers need a token. */
  get hasTokens(): boolean {
    return this.#options.tokens !== undefined;
  }

  /** Judges a call by its head alone. `call` is for the audit log. Whoever answers the call reports that to `ended`. */
  admit(approach: Approach, need: Need, call: string): Visit {
    const { tokens } = this.#options;
    return tokens === undefined
      ? this.#admitAnybody(approach, need, call)
      : this.#admitByToken(tokens, approach, need, call);
  }

  /** Counts and records what the call came to; `code` is undefined when it was carried out. */
  ended(visit: Visit, need: Need, code: ErrorCode | undefined): void {
    const { refused, audit, config } = this.#options;
    const isRefusal = code !== undefined && refusals.has(code);
    if (isRefusal) refused?.(code);
    if (audit === undefined) return;
    if (isRefusal || need === "admin" || (need === "write" && config.auditWrites)) {
      audit.note(visit, code ?? "OK");
    }
  }

  #admitAnybody(approach: Approach, need: Need, call: string): Visit {
    const caller = callerOf(approach, "anonymous");
    if (need !== "admin" && need !== "open") return new Visit({ caller, call, administers: false });
    const administers = this.#options.config.admin || isFromThisMachine(approach);
    const objection = need === "open" || administers ? undefined : notAdministered;
    return new Visit({ caller, call, administers, objection });
  }

  #admitByToken(tokens: TokenFile, approach: Approach, need: Need, call: string): Visit {
    const { credential, connection } = approach;
    const token = credential === undefined ? undefined : tokens.find(credential.token, connection);
    if (token === undefined) {
      const caller = callerOf(approach, "anonymous", stranger);
      const refusal = this.#refuseStranger(approach);
      const objection = need === "open" ? undefined : refusal;
      const isGuessing = credential?.via === "token" && refusal.code === "RATE_LIMITED";
      const guessing = isGuessing ? refusal : undefined;
      return new Visit({ caller, call, administers: false, objection, guessing });
    }
    return new Visit({
      caller: callerOf(approach, credential?.via ?? "token", token),
      call,
      administers: token.role === "admin",
      objection: suffices(token.role, need) ? undefined : roleTooLow(token, need),
      holding: tokens.holding(token),
    });
  }

  /** UNAUTHENTICATED, or RATE_LIMITED for one of many wrong tokens. Those of open calls count as well. */
  #refuseStranger({ address, credential }: Approach): Failure {
    if (credential === undefined) return noToken;
    const retryAfterSeconds = this.#wrong.note(address);
    return retryAfterSeconds === 0
      ? wrongToken
      : failureOf("RATE_LIMITED", tooManyWrong, { retryAfterSeconds });
  }
}

const everybody = { id: "anonymous", role: "write", prefixes: undefined } as const;
const stranger = { id: "", role: "none", prefixes: undefined } as const;

const callerOf = (
  { address, forwardedFor }: Approach,
  via: Caller["via"],
  { id, role, prefixes }: Pick<Caller, "id" | "role" | "prefixes"> = everybody,
): Caller => ({ id, role, prefixes, address, forwardedFor, via });

const notAdministered = failureOf(
  "PERMISSION_DENIED",
  "Administration is for clients on this machine. ADMIN=1 opens it to everybody who reaches the port, TOKENS_FILE to tokens of the role admin. Nothing was done.",
);
const noToken = failureOf(
  "UNAUTHENTICATED",
  "The call needs a token: Authorization: Bearer <token>. Nothing was done.",
);
const wrongToken = failureOf(
  "UNAUTHENTICATED",
  "The token is not known to this node, or has expired. Nothing was done.",
);
const tooManyWrong = "Too many wrong tokens came from this address. Nothing was done.";

const roleTooLow = ({ id, role }: Token, need: Need): Failure =>
  failureOf(
    "PERMISSION_DENIED",
    `The token ${id} has the role ${role}; this call needs ${need}. Nothing was done.`,
  );
