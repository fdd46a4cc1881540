/** The headers of requests and answers, each described once. */
import { keyHeader, replayedHeader } from "../../requests/idempotency.ts";

interface HeaderDoc {
  readonly description: string;
  readonly schema: Readonly<Record<string, unknown>>;
  /** Absent: it may be missing. */
  readonly required?: true;
}

const text = { type: "string" };
const always = { schema: text, required: true } as const;
const maybe = { schema: text } as const;

/** Of answers. */
export const answerHeaders = {
  "X-KV-Node": { ...always, description: "The id of the node that answers." },
  "X-KV-Role": {
    ...{ required: true, schema: { enum: ["leader", "candidate", "follower"] } },
    description: "Its role.",
  },
  "X-KV-Sequence": {
    ...{ required: true, schema: { type: "string", pattern: "^\\d+$" } },
    description: "The sequence that the node has applied.",
  },
  "Cache-Control": { ...always, description: "`no-store`, except for files of the page." },
  "Content-Security-Policy": {
    ...always,
    description: "What a browser may do with the answer, should it show it as a page.",
  },
  "Cross-Origin-Resource-Policy": { ...always, description: "`same-origin`." },
  "X-Content-Type-Options": { ...always, description: "`nosniff`." },
  Allow: { ...always, description: "The methods of the path." },
  ETag: {
    ...maybe,
    description:
      'Of one key its version, such as `"7"`, or `"7-gzip"` of a compressed answer. A page of keys has none.',
  },
  "Retry-After": {
    ...{ required: true, schema: { type: "string", pattern: "^\\d+$" } },
    description: "Seconds after which another try makes sense.",
  },
  "WWW-Authenticate": { ...always, description: "`Bearer`: the call needs a token." },
  Location: { ...always, description: "Relative to the path of the call." },
  "Set-Cookie": { ...always, description: "The session of a page." },
  [replayedHeader]: {
    ...maybe,
    description: "`true`: the write was sent before with this idempotency key.",
  },
  "Preference-Applied": {
    ...maybe,
    description: "`forward`: the call was passed on to the leader.",
  },
  Vary: { ...maybe, description: "`Accept-Encoding`, where the answer may be compressed." },
  "Content-Encoding": { ...maybe, description: "`gzip`, where the client takes it." },
  "X-Accel-Buffering": { ...always, description: "`no`: proxies must not hold events back." },
  "Referrer-Policy": { ...always, description: "`no-referrer`." },
  "X-DNS-Prefetch-Control": { ...always, description: "`off`." },
  "X-Download-Options": { ...always, description: "`noopen`." },
  "X-Frame-Options": { ...always, description: "`SAMEORIGIN`; the policy forbids frames." },
  "X-Permitted-Cross-Domain-Policies": { ...always, description: "`none`." },
  "X-XSS-Protection": { ...always, description: "`0`." },
} as const satisfies Readonly<Record<string, HeaderDoc>>;
export type HeaderName = keyof typeof answerHeaders;

/** Those of every answer. */
export const commonHeaders = [
  "X-KV-Node",
  "X-KV-Role",
  "X-KV-Sequence",
  "Cache-Control",
  "Content-Security-Policy",
  "Cross-Origin-Resource-Policy",
  "X-Content-Type-Options",
] as const satisfies readonly HeaderName[];
/** Those of every answer that may be compressed. */
export const compressedHeaders = [
  "Vary",
  "Content-Encoding",
] as const satisfies readonly HeaderName[];
/** Those that Helmet adds to a page. */
export const pageHeaders = [
  "ETag",
  "Referrer-Policy",
  "X-DNS-Prefetch-Control",
  "X-Download-Options",
  "X-Frame-Options",
  "X-Permitted-Cross-Domain-Policies",
  "X-XSS-Protection",
] as const satisfies readonly HeaderName[];

/** Of requests. */
export const requestHeaders = {
  "If-Match": {
    ...maybe,
    description: 'Write only if the key has this version: `"7"` equals `ifVersion: 7`.',
  },
  "If-None-Match": {
    ...maybe,
    description:
      "Of a read: answer 304 while the key has this version. Of a write, `*` alone: write only if the key is absent, as `ifVersion: 0`.",
  },
  [keyHeader]: {
    schema: { type: "string", pattern: "^[\\x21-\\x7e]{1,255}$" },
    description: "Chosen by the client: sent again with the same key, the write takes effect once.",
  },
  Prefer: {
    ...maybe,
    description: "`forward`: a follower passes the write on to the leader (RFC 7240).",
  },
  "Last-Event-ID": {
    ...maybe,
    description: "The sequence to resume after; a browser that reconnects sends it.",
  },
  "Accept-Encoding": { ...maybe, description: "With `gzip`, large answers are compressed." },
} as const satisfies Readonly<Record<string, HeaderDoc>>;
export type RequestHeaderName = keyof typeof requestHeaders;
