/** Who asks, and what the calls of the API require of them. */

/** From least to most; each may do what those before it may. */
export const roles = ["read", "write", "admin"] as const;
export type Role = (typeof roles)[number];

/** What a call requires: a role, or nothing. */
export type Need = "open" | Role;

/** Whoever sent a call. */
export interface Caller {
  /** The id of its token; `anonymous` where there are no tokens; empty: it has shown none. */
  readonly id: string;
  /** `none`: it may use the open calls alone. */
  readonly role: Role | "none";
  /** What the keys it may touch start with; undefined: all keys. */
  readonly prefixes: readonly string[] | undefined;
  /** Of its connection; that of a proxy, if there is one. */
  readonly address: string;
  /** Where proxies say that the call comes from; empty: they say nothing. */
  readonly forwardedFor: string;
  readonly via: "anonymous" | "token" | "cookie";
}

const ranks = ["none", ...roles];

/** Whether a caller of that role may make a call that requires this. */
export const suffices = (role: Caller["role"], need: Need): boolean =>
  need === "open" || ranks.indexOf(role) >= ranks.indexOf(need);

/** What an edge knows of a call before it has read its content. */
export interface Approach {
  readonly address: string;
  readonly forwardedFor: string;
  /** Undefined: none was shown. */
  readonly credential: Credential | undefined;
  /** What carries this call and may carry others, so that what it shows again is known; absent: unknown. */
  readonly connection?: object;
}

/** The text of a token as it came; it must not be logged. */
export interface Credential {
  readonly token: string;
  readonly via: "token" | "cookie";
}
