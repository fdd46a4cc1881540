/** A client of Quorum KV on `fetch` alone: Node.js from 20 on, Deno, Bun and browsers. */
export type { CallOptions } from "./calls.ts";
export type { Issue, KVErrorCode } from "./errors.ts";
export { KVError } from "./errors.ts";
export type { Fetch } from "./exchange.ts";
export { QuorumKV, type QuorumKVOptions } from "./quorum-kv.ts";
export type * from "./types.ts";
export type { StandardSchema, ValueOptions } from "./values.ts";
