/** Clients that write through fetch, over whichever of HTTP and HTTPS they are told. */
import { setTimeout as wait } from "node:timers/promises";

export interface Clients {
  /** Key to value of every write that was answered with 200. */
  readonly acknowledged: ReadonlyMap<string, number>;
  /** For all writes from now on. */
  use(scheme: "http" | "https"): void;
  /** Resolves when that many more writes than now have been acknowledged. */
  progress(more: number): Promise<void>;
  stop(): Promise<void>;
}

/** Each writes one new key after another; what is refused goes to the next node, as often as it takes. */
export function startClients(ports: readonly number[], count: number): Clients {
  const acknowledged = new Map<string, number>();
  const marks: { readonly at: number; reached(): void }[] = [];
  let scheme = "http";
  let stopping = false;

  const acknowledge = (key: string, value: number): void => {
    acknowledged.set(key, value);
    for (const mark of marks) if (acknowledged.size >= mark.at) mark.reached();
  };
  /** False: nothing was written, and another node may do better. */
  const write = async (port: number, key: string, value: number): Promise<boolean> => {
    try {
      const response = await fetch(`${scheme}://localhost:${port}/write`, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ key, value }),
      });
      await response.text();
      if (response.status === 200) acknowledge(key, value);
      return ![421, 503].includes(response.status);
    } catch (error) {
      const { cause } = error as Error & { cause?: { code?: string } };
      // Anything else leaves it unknown, as the end of a node may: the key is not written again.
      return cause?.code !== "ECONNREFUSED";
    }
  };
  const live = async (client: number): Promise<void> => {
    let at = 0;
    for (let number = 1; !stopping; ) {
      const port = ports[at % ports.length] ?? 0;
      if (await write(port, `${client}-${number}`, number)) number += 1;
      else at += 1;
      await wait(10);
    }
  };
  const running = Promise.all(Array.from({ length: count }, (_, client) => live(client)));
  return {
    acknowledged,
    use: (next) => {
      scheme = next;
    },
    progress: (more) =>
      new Promise((reached) => marks.push({ at: acknowledged.size + more, reached })),
    stop: async () => {
      stopping = true;
      await running;
    },
  };
}
