/** Small calls to a node's REST gateway. Load goes through autocannon, never through this. */
import { z } from "zod";
import { reasonOf, unreachable } from "../errors.ts";
import { type Status, statusSchema } from "./answers.ts";
import { credential } from "./credential.ts";

const problem = z.looseObject({ code: z.string(), detail: z.string().default("") });

/** A node answered, with a problem document. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, detail: string) {
    super(`${code} (${status}): ${detail}`);
    this.status = status;
    this.code = code;
  }
}

/** Everything about a call but its address. */
export interface Call {
  readonly method?: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** Default 5000. */
  readonly timeoutMs?: number;
  /** Reads a good answer; absent: `JSON.parse`. Throws where it is not JSON. */
  readonly parse?: (text: string) => unknown;
}

/**
 * The JSON that a node answers, checked against a schema; members it does not name pass by.
 * Throws Problem for an answered refusal, a SimulationError with exit code 3 when no answer came.
 */
export async function callJson<T>(url: string, schema: z.ZodType<T>, call: Call = {}): Promise<T> {
  const { response, text } = await exchange(url, call);
  if (!response.ok) throw problemOf(response.status, text);
  const parsed = schema.safeParse(parseJson(text, call.parse));
  if (parsed.success) return parsed.data;
  throw unreachable(
    `${url} does not answer as a Quorum KV node does: ${z.prettifyError(parsed.error)}`,
  );
}

/** What a node says of itself now. Throws as `callJson` does. */
export const statusOf = (url: string, signal?: AbortSignal): Promise<Status> =>
  callJson(`${url}/status`, statusSchema, { signal });

/** Status and headers of an answer, whatever its status. */
export async function probe(
  url: string,
  call: Call = {},
): Promise<{ status: number; node: string | null }> {
  const { response } = await exchange(url, call);
  return { status: response.status, node: response.headers.get("x-kv-node") };
}

async function exchange(
  url: string,
  { method = "GET", body, signal, timeoutMs = 5000 }: Call,
): Promise<{ response: Response; text: string }> {
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method,
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      ...(body === undefined
        ? { headers: credential() }
        : {
            body: JSON.stringify(body),
            headers: { ...credential(), "content-type": "application/json" },
          }),
    });
    return { response, text: await response.text() };
  } catch (error) {
    signal?.throwIfAborted();
    throw unreachable(`${method} ${url} got no answer: ${reasonOf(error)}`, error);
  }
}

function parseJson(text: string, parse: (text: string) => unknown = JSON.parse): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

function problemOf(status: number, text: string): Problem {
  const parsed = problem.safeParse(parseJson(text));
  return parsed.success
    ? new Problem(status, parsed.data.code, parsed.data.detail)
    : new Problem(status, "INTERNAL", text.slice(0, 200));
}

/**
 * Lets fetch go straight to the nodes. Node reads HTTP_PROXY where NODE_USE_ENV_PROXY is set, but a proxy
 * is for the world outside: it cannot reach a node on loopback, and it would be part of each measured time.
 */
export function avoidProxies(environment: Record<string, string | undefined>): void {
  for (const name of ["NO_PROXY", "no_proxy"]) environment[name] = "*";
}
