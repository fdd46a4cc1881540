/** A plain HTTP client that tells apart what a test of faults must: never sent, or never answered. */
import { Agent, type IncomingHttpHeaders, request } from "node:http";

export type Reply =
  | {
      readonly type: "answer";
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      /** The parsed body; undefined where it is not JSON. */
      readonly body: Readonly<Record<string, unknown>> | undefined;
    }
  /** Nobody listened: the request was not sent. */
  | { readonly type: "unreachable" }
  /** It may have arrived, but no whole answer came back. */
  | { readonly type: "broken"; readonly reason: string };

export interface Question {
  readonly method: "GET" | "PUT" | "DELETE" | "POST" | "PATCH";
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export class HttpClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

  /** Never fails: whatever happens is a reply. */
  ask(url: string, question: Question): Promise<Reply> {
    const { promise, resolve } = Promise.withResolvers<Reply>();
    const broken = (reason: string): void => resolve({ type: "broken", reason });
    const payload = question.body === undefined ? undefined : JSON.stringify(question.body);
    const outgoing = request(url + question.path, {
      agent: this.#agent,
      method: question.method,
      signal: AbortSignal.timeout(question.timeoutMs ?? 10_000),
      headers: {
        ...question.headers,
        ...(payload !== undefined && {
          ...{ "content-type": "application/json", "content-length": Buffer.byteLength(payload) },
        }),
      },
    });
    outgoing.on("response", (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", (error) => broken(error.message));
      incoming.on("end", () => {
        const { statusCode: status = 0, headers } = incoming;
        resolve({ type: "answer", status, headers, body: parse(Buffer.concat(chunks)) });
      });
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") {
        resolve({ type: "unreachable" });
      } else {
        broken(error.code ?? error.message);
      }
    });
    outgoing.end(payload);
    return promise;
  }

  close(): void {
    this.#agent.destroy();
  }
}

function parse(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(bytes.toString()) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
