/** The documented tables of answers, and the judgement whether an answer is from them. */
import type { IncomingHttpHeaders } from "node:http";

/** code -> [HTTP status, gRPC status number]. Written from the documentation, not from the code. */
export const documented: Readonly<Record<string, readonly [http: number, grpc: number]>> = {
  INVALID_ARGUMENT: [400, 3],
  KEY_NOT_FOUND: [404, 5],
  NOT_LEADER: [421, 9],
  NO_LEADER: [503, 14],
  MISDIRECTED: [421, -1],
  UNAUTHENTICATED: [401, 16],
  PERMISSION_DENIED: [403, 7],
  RATE_LIMITED: [429, 8],
  VERSION_MISMATCH: [409, 10],
  COMPACTED: [410, 11],
  TOO_LARGE: [413, 3],
  UNSUPPORTED_MEDIA_TYPE: [415, -1],
  METHOD_NOT_ALLOWED: [405, -1],
  NOT_FOUND: [404, -1],
  QUORUM_UNAVAILABLE: [503, 14],
  OVERLOADED: [503, 8],
  RECOVERING: [503, 14],
  SHUTTING_DOWN: [503, 14],
  OUTCOME_UNKNOWN: [504, 4],
};

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Members that a problem document carries beside the standard ones. */
const members: Readonly<Record<string, readonly string[]>> = {
  NOT_LEADER: ["leaderUrl", "leader"],
  VERSION_MISMATCH: ["version"],
  OUTCOME_UNKNOWN: ["version", "acks", "quorum"],
  QUORUM_UNAVAILABLE: ["live", "quorum"],
};

/** Of VERSION_MISMATCH, where the condition is in the head of the request. */
const headCondition = 412;
const httpStatuses = new Set([headCondition, ...Object.values(documented).map(([http]) => http)]);

/** What is wrong with an answer to this method; undefined: it is as documented. */
export function findFault(method: string, answer: HttpAnswer): string | undefined {
  const { status, headers, text } = answer;
  for (const header of ["x-kv-node", "x-kv-role", "x-kv-sequence"]) {
    if (headers[header] === undefined) {
      return `${header} is missing`;
    }
  }
  if (status === 200) {
    return method === "HEAD" ? undefined : faultOfSuccess(headers, text);
  }
  if (status === 308) {
    return headers.location === undefined ? "Location is missing" : undefined;
  }
  if (status === 204) {
    return headers.allow === undefined ? "Allow is missing" : undefined;
  }
  if (status === 304) {
    return text === "" ? undefined : "304 has a body";
  }
  if (!httpStatuses.has(status)) {
    return `status ${status} is not documented`;
  }
  if (headers["content-type"] !== "application/problem+json") {
    return `content-type is ${headers["content-type"]}`;
  }
  return method === "HEAD" ? undefined : faultOfProblem(answer);
}

function faultOfSuccess(headers: IncomingHttpHeaders, text: string): string | undefined {
  const type = headers["content-type"] ?? "";
  if (type.startsWith("application/json")) {
    return parse(text) === undefined ? "the body is not JSON" : undefined;
  }
  const others = ["text/", "image/", "font/", "application/manifest"];
  return others.some((start) => type.startsWith(start)) ? undefined : `content-type is ${type}`;
}

function faultOfProblem({ status, headers, text }: HttpAnswer): string | undefined {
  const problem = parse(text);
  if (problem === undefined) {
    return "the problem is not a JSON object";
  }
  const code = String(problem["code"]);
  const isOfHead = code === "VERSION_MISMATCH" && status === headCondition;
  if ((documented[code]?.[0] !== status && !isOfHead) || problem["status"] !== status) {
    return `code ${code} does not go with status ${status}`;
  }
  const expected = ["type", "title", "detail", ...(members[code] ?? [])];
  const missing = expected.find((name) => problem[name] === undefined);
  if (missing !== undefined) {
    return `the problem has no ${missing}`;
  }
  const retriable = status === 503;
  return retriable && headers["retry-after"] === undefined ? "Retry-After is missing" : undefined;
}

export function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
