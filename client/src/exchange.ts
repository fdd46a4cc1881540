/** One HTTP request and its whole answer, or why there is none. */
import type { Deadline } from "./deadline.ts";

/** An answer beyond this is not one of ours: the largest list is far smaller. */
const answerBytesMax = 64 * 1024 * 1024;

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export type Exchange =
  | { readonly type: "answer"; readonly response: Response; readonly text: string }
  /** `sent: false`: the request provably never left. */
  | { readonly type: "lost"; readonly sent: boolean; readonly error: unknown };

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Ends by the deadline, even where `fetch` ignores its signal. */
export const exchange = (
  fetch: Fetch,
  request: HttpRequest,
  deadline: Deadline,
): Promise<Exchange> => exchangeOf(open(fetch, request, deadline), deadline);

/** The head of the answer. A redirect is an answer: a token must not follow it to another host. */
export async function open(
  fetch: Fetch,
  { method, url, headers, body }: HttpRequest,
  deadline: Deadline,
): Promise<Response> {
  const init: RequestInit = { method, headers, redirect: "manual", signal: deadline.signal };
  return deadline.race(fetch(url, body === undefined ? init : { ...init, body }));
}

/** What the answer came to. `reads`: false for a body that the caller reads itself. */
export async function exchangeOf(
  opened: Promise<Response>,
  deadline: Deadline,
  reads: (response: Response) => boolean = () => true,
): Promise<Exchange> {
  try {
    const response = await deadline.race(opened);
    const text = reads(response) ? await deadline.race(textOf(response)) : "";
    return { type: "answer", response, text };
  } catch (error) {
    return { type: "lost", sent: !isNeverSent(error), error };
  }
}

async function textOf(response: Response): Promise<string> {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > answerBytesMax) {
      void reader.cancel().catch(() => undefined);
      throw new Error(`the answer is longer than ${answerBytesMax} bytes`);
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** How Node, Bun and Deno say that no connection was made. Browsers do not say it. */
const neverSent =
  /ECONNREFUSED|ConnectionRefused|connection refused|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|dns error|bad port|CERT_|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/i;

/** A host may have several addresses, and each of them fails by itself. */
function isNeverSent(error: unknown, depth = 0): boolean {
  if (typeof error !== "object" || error === null || depth > 4) return false;
  const { code, message, cause, errors } = error as Record<string, unknown>;
  if (Array.isArray(errors) && errors.length > 0) {
    return errors.every((each) => isNeverSent(each, depth + 1));
  }
  if (cause !== undefined) return isNeverSent(cause, depth + 1);
  return neverSent.test(`${code} ${message}`);
}
