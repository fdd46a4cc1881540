/** As much as a cluster takes: writers that never pause at the leader, readers and streams everywhere. */
import { HttpClient, type Question } from "../support/http-client.ts";

export interface FullLoad {
  /** Key to the value last acknowledged; values of one key only rise. */
  readonly acknowledged: ReadonlyMap<string, number>;
  /** Resolves when so many more writes than now have been acknowledged. */
  progress(more: number): Promise<void>;
  /** Ends once every call has its answer, or its connection is gone. */
  stop(): Promise<void>;
}

const writers = 64;
const readersPerNode = 4;
const keysPerWriter = 50;

/** Leader's URL first. Written keys start with the given prefix. */
export function startFullLoad(urls: readonly string[], prefix: string): FullLoad {
  const [leader = ""] = urls;
  const client = new HttpClient();
  const acknowledged = new Map<string, number>();
  const stopping = new AbortController();
  let written = 0;
  let mark: { readonly at: number; reached(): void } | undefined;

  async function write(name: string, number: number): Promise<void> {
    const key = `${prefix}-${name}-${number % keysPerWriter}`;
    const body = { key, value: number };
    const reply = await client.ask(leader, { method: "PUT", path: "/write", body });
    if (reply.type !== "answer" || reply.status !== 200) return;
    acknowledged.set(key, number);
    written += 1;
    if (mark !== undefined && written >= mark.at) mark.reached();
  }

  async function repeat(once: (number: number) => Promise<unknown>): Promise<void> {
    for (let number = 1; !stopping.signal.aborted; number += 1) await once(number);
  }

  const read = (url: string, question: Question) => repeat(() => client.ask(url, question));
  /** A stream's reply comes at its end, so this one stays open until the node closes it. */
  const streamMsMax = 600_000;
  const calls = [
    ...Array.from({ length: writers }, (_, index) => repeat((n) => write(String(index), n))),
    ...urls.flatMap((url) => [
      ...Array.from({ length: readersPerNode }, () =>
        read(url, { method: "GET", path: "/read?limit=100" }),
      ),
      read(url, { method: "GET", path: "/watch", timeoutMs: streamMsMax }),
      read(url, { method: "GET", path: "/events", timeoutMs: streamMsMax }),
    ]),
  ];
  return {
    acknowledged,
    progress: (more) =>
      new Promise((reached) => {
        mark = { at: written + more, reached };
      }),
    async stop() {
      stopping.abort();
      await Promise.all(calls);
      client.close();
    },
  };
}
