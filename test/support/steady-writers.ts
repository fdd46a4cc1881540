/** Clients that write one new key after another at whichever node leads, and remember what was acknowledged. */
import { setTimeout as wait } from "node:timers/promises";
import { RoamingContact } from "./contact.ts";
import { HttpClient, type Reply } from "./http-client.ts";

export interface SteadyWriters {
  /** Key to value of every write that was answered with 200. */
  readonly acknowledged: ReadonlyMap<string, number>;
  /** When each was answered, in milliseconds of `performance.now()`. */
  readonly instants: readonly number[];
  /** What came instead of a 200, a 421 or a 503: each may have been written. */
  readonly unknown: readonly UnknownWrite[];
  /** Resolves when that many more writes than now have been acknowledged. */
  progress(more: number): Promise<void>;
  stop(): Promise<void>;
}

interface UnknownWrite {
  readonly key: string;
  readonly url: string;
  readonly reply: Exclude<Reply, { readonly type: "unreachable" }>;
}

export interface SteadyWriterOptions {
  readonly urls: readonly [string, ...string[]];
  readonly writers: number;
  /** Between two requests of one writer. */
  readonly pauseMs: number;
}

/**
 * Said in the log of a node that ended and could not wait for the writes in flight, or was not relieved in time: these
 * writes may be unknown.
 */
export const slowHandover =
  /writes in flight have not settled|handover (did not take place|given up)/;

let started = 0;

/** A write that is refused goes to the next node, as often as it takes. */
export function startSteadyWriters(options: SteadyWriterOptions): SteadyWriters {
  const { urls, writers, pauseMs } = options;
  const client = new HttpClient();
  const acknowledged = new Map<string, number>();
  const instants: number[] = [];
  const unknown: UnknownWrite[] = [];
  const marks: { readonly at: number; reached(): void }[] = [];
  let stopping = false;
  started += 1;
  const run = `${process.pid}-${started}`;

  /** False: it was refused, and nothing was written. */
  async function writeOnce(contact: RoamingContact, key: string, value: number): Promise<boolean> {
    const { url } = contact;
    const body = { key, value };
    const { reply } = await contact.ask({ method: "PUT", path: "/write", body, timeoutMs: 60_000 });
    if (reply.type === "unreachable") {
      return false;
    }
    if (reply.type === "answer" && (reply.status === 421 || reply.status === 503)) {
      return false;
    }
    if (reply.type === "answer" && reply.status === 200) {
      acknowledged.set(key, value);
      instants.push(performance.now());
      for (const mark of marks) {
        if (acknowledged.size >= mark.at) {
          mark.reached();
        }
      }
    } else {
      unknown.push({ key, url, reply });
    }
    return true;
  }

  async function live(name: string): Promise<void> {
    const contact = new RoamingContact(client, urls);
    for (let number = 1; !stopping; ) {
      const isDone = await writeOnce(contact, `${name}-${number}`, number);
      number += isDone ? 1 : 0;
      await wait(pauseMs);
    }
  }

  const running = Promise.all(
    Array.from({ length: writers }, (_, index) => live(`${run}-${index}`)),
  );
  return {
    acknowledged,
    instants,
    unknown,
    progress: (more) =>
      new Promise((reached) => marks.push({ at: acknowledged.size + more, reached })),
    async stop() {
      stopping = true;
      await running;
      client.close();
    },
  };
}
