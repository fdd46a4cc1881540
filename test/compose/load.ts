/** Clients that write one new key after another, and remember what was acknowledged. */
import { setTimeout as wait } from "node:timers/promises";

export interface Load {
  /** Key to value of every write that was answered with 200. */
  readonly acknowledged: ReadonlyMap<string, number>;
  /** Resolves when that many more writes than now have been acknowledged. */
  progress(more: number): Promise<void>;
  stop(): Promise<void>;
}

const clients = 8;
/** Between two tries while the leader is away. */
const pauseMs = 50;

export function startLoad(leaderUrl: string): Load {
  const acknowledged = new Map<string, number>();
  const stopping = new AbortController();
  const marks: { readonly at: number; reached(): void }[] = [];

  async function writeOnce(key: string, value: number): Promise<void> {
    const answer = await fetch(`${leaderUrl}/write`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ key, value }),
    });
    await answer.text();
    if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
    acknowledged.set(key, value);
    for (const mark of marks) if (acknowledged.size >= mark.at) mark.reached();
  }

  async function client(name: string): Promise<void> {
    for (let n = 1; !stopping.signal.aborted; n += 1) {
      // Refused, cut off or unknown: not acknowledged, so nothing is promised about this key.
      await writeOnce(`${name}-${n}`, n).catch(() => wait(pauseMs));
    }
  }

  const running = Promise.all(
    Array.from({ length: clients }, (_, index) => client(`${process.pid}-${Date.now()}-${index}`)),
  );
  return {
    acknowledged,
    progress: (more) =>
      new Promise((reached) => marks.push({ at: acknowledged.size + more, reached })),
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
