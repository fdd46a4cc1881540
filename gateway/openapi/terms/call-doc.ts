/** What the OpenAPI document says of a call, beyond what its endpoint says already. */
import type { z } from "zod";
import type { ErrorCode } from "../../../src/errors.ts";
import type { HeaderName, RequestHeaderName } from "./headers.ts";

/** A JSON Schema, as far as this program writes it by hand. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The groups of calls, in the order in which they are shown. */
export const tags = {
  Reads: "Keys and their values. Any node answers.",
  Writes: "They go to the leader; a follower refuses them, or forwards them where asked to.",
  Streams: "Server-sent events.",
  Cluster: "The nodes, their state and their settings.",
  Monitoring: "Probes and figures.",
  Sessions: "Log in on a page.",
  Sweeps: "The quorum simulation as jobs on the leader.",
  Faults: "Simulated faults and control of processes: only with FAULTS=1.",
  Pages: "What people look at.",
} as const;
type Tag = keyof typeof tags;

/** A parameter in the path or the query. */
export interface Parameter {
  readonly description: string;
  readonly schema: JsonSchema;
}

/** A request that can be sent as it is, to a cluster that has the keys of the examples. */
interface Example {
  readonly summary: string;
  /** The status of its answer. */
  readonly status: number;
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Partial<Record<RequestHeaderName, string>>>;
  readonly body?: unknown;
  /** Shown as the content of the answer. */
  readonly answer?: unknown;
}

/** An answer that is no refusal. */
export interface AnswerDoc {
  readonly description: string;
  /** Absent: JSON. */
  readonly contentType?: string;
  /** Absent: there is no content. */
  readonly shape?: z.ZodType;
  /** Of a stream: the data of each event, by the name of the event. */
  readonly events?: Readonly<Record<string, z.ZodType>>;
  /** Besides those that every answer has. */
  readonly headers?: readonly HeaderName[];
}

/** One call. */
export interface CallDoc {
  /** Names the call in generated clients. */
  readonly id: string;
  readonly tag: Tag;
  readonly summary: string;
  /** Markdown. */
  readonly description?: string;
  readonly path?: Readonly<Record<string, Parameter>>;
  readonly query?: Readonly<Record<string, Parameter>>;
  readonly headers?: readonly RequestHeaderName[];
  /** By name. */
  readonly examples: Readonly<Record<string, Example>>;
  /** By status. */
  readonly answers: Readonly<Record<number, AnswerDoc>>;
  /** Besides those that every call may be refused with. */
  readonly refusals?: readonly ErrorCode[];
}

/** Refusals of calls that only the leader carries out. */
export const leaderRefusals = ["NOT_LEADER", "NO_LEADER"] as const satisfies readonly ErrorCode[];
