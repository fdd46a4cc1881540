/** What an exchange means: an answer of a node, or an error of the closed list. */
import type { Deadline } from "./deadline.ts";
import { isNodeCode, KVError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";

/** What a call may do, which decides what its failure may have left behind. */
export type Kind = "read" | "write";

export interface Answer {
  /** JSON text. */
  readonly text: string;
  /** The same, parsed. */
  readonly body: unknown;
  readonly endpoint: string;
}

export interface Asked {
  readonly kind: Kind;
  readonly endpoint: string;
  readonly deadline: Deadline;
  readonly isShape?: ((answer: Record<string, unknown>) => boolean) | undefined;
}

const isJson = (response: Response): boolean =>
  /^application\/(?:problem\+)?json\b/.test(response.headers.get("content-type") ?? "");

export function answerOf(exchange: Exchange, asked: Asked): Answer | KVError {
  const { kind, endpoint, isShape = () => true } = asked;
  if (exchange.type === "lost") return lostError(exchange, asked);
  const { response, text } = exchange;
  const { status } = response;
  const body = isJson(response) ? parsed(text) : undefined;
  const members = typeof body === "object" && body !== null ? (body as object) : {};
  if (response.ok && isShape({ ...members })) return { text, body, endpoint };
  const problem: Problem = members;
  if (!isNodeCode(problem.code) || response.ok) {
    return unexpected(`${endpoint} answered ${status}, which is not an answer of Quorum KV`, asked);
  }
  const { code, detail, type, title, status: _status, ...details } = problem;
  const message = typeof detail === "string" ? detail : String(title ?? type ?? code);
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new KVError(code, message, {
    ...{ status, endpoint, details },
    ...(Number.isFinite(seconds) ? { retryAfterMs: seconds * 1000 } : {}),
    ...(kind === "read" ? { written: "no" as const } : {}),
  });
}

/** For an answer that has not the shape that was promised. */
export const unexpected = (message: string, { kind, endpoint }: Omit<Asked, "deadline">): KVError =>
  new KVError("UNEXPECTED_ANSWER", message, {
    endpoint,
    written: kind === "read" ? "no" : "unknown",
  });

interface Problem {
  readonly code?: unknown;
  readonly detail?: unknown;
  readonly title?: unknown;
  readonly type?: unknown;
  readonly status?: unknown;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function lostError(
  { sent, error: cause }: Exchange & { type: "lost" },
  { kind, endpoint, deadline }: Asked,
): KVError {
  const written = kind === "write" && sent ? "unknown" : "no";
  if (deadline.cause !== undefined) return endedError(deadline, { written, endpoint });
  const reason = cause instanceof Error ? reasonOf(cause) : String(cause);
  return sent
    ? new KVError("CONNECTION_LOST", `${endpoint} gave no whole answer (${reason})`, {
        ...{ written, endpoint, cause },
      })
    : new KVError("UNREACHABLE", `${endpoint} cannot be reached (${reason})`, { endpoint, cause });
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf({ message, cause }: Error): string {
  if (!(cause instanceof Error)) return message;
  return cause.message === "" ? String((cause as { code?: unknown }).code) : cause.message;
}

/** The error of a call whose deadline is over. */
export const endedError = (
  { cause }: Pick<Deadline, "cause">,
  init: { readonly written: "no" | "unknown"; readonly endpoint?: string },
): KVError =>
  cause === "aborted"
    ? new KVError("ABORTED", "the call was aborted by its signal", init)
    : new KVError("TIMEOUT", "the call's time passed before its answer", init);
