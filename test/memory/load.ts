/**
 * Mixed load at a fixed rate: puts, conditional puts, deletes, batches, reads and lists over REST,
 * puts and reads over gRPC, on a fixed number of keys, so that the store itself stops growing.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { HttpClient, Question } from "../support/http-client.ts";
import type { TestClient } from "../support/kv-client.ts";
import { Dice, mulberry32 } from "../support/random.ts";

export interface LoadOptions {
  readonly url: string;
  readonly http: HttpClient;
  readonly grpc: TestClient;
  readonly ratePerSecond: number;
  readonly keys: number;
  readonly seed: number;
}

export interface MixedLoad {
  readonly counts: { answered: number; written: number; failed: number; skipped: number };
  stop(): Promise<void>;
}

const turnMs = 20;
/** More calls than this at once mean that the machine does not keep up: the rest is left out. */
const underWayMax = 256;

export function startMixedLoad(options: LoadOptions): MixedLoad {
  const dice = new Dice(mulberry32(options.seed));
  const counts = { answered: 0, written: 0, failed: 0, skipped: 0 };
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();

  async function callOnce(): Promise<void> {
    const isWrite = await callOf(options, dice);
    counts.answered += 1;
    if (isWrite) counts.written += 1;
  }

  async function run(): Promise<void> {
    const since = performance.now();
    for (let due = 0; !stopping.signal.aborted; ) {
      const owed = Math.floor(((performance.now() - since) / 1000) * options.ratePerSecond) - due;
      for (let index = 0; index < owed; index += 1) {
        if (underWay.size >= underWayMax) {
          counts.skipped += 1;
          continue;
        }
        const call: Promise<void> = callOnce()
          .catch(() => {
            counts.failed += 1;
          })
          .finally(() => underWay.delete(call));
        underWay.add(call);
      }
      due += owed;
      await wait(turnMs);
    }
    await Promise.all(underWay);
  }

  const running = run();
  return {
    counts,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** One call drawn at random; true when it wrote. Rejects when it was neither answered nor refused. */
async function callOf({ url, http, grpc, keys }: LoadOptions, dice: Dice): Promise<boolean> {
  const key = `key-${dice.whole(1, keys)}`;
  const value = "v".repeat(dice.whole(16, 512));
  const ask = async (question: Question, isWrite: boolean): Promise<boolean> => {
    const reply = await http.ask(url, question);
    if (reply.type !== "answer" || reply.status >= 500) throw new Error("no answer");
    return isWrite && reply.status === 200;
  };
  const read = `/read?key=${key}`;
  switch (dice.pick(mix)) {
    case "put":
      return ask({ method: "PUT", path: "/write", body: { key, value } }, true);
    case "conditional": {
      const ifVersion = dice.whole(0, 3);
      return ask({ method: "PUT", path: "/write", body: { key, value, ifVersion } }, true);
    }
    case "delete":
      return ask({ method: "DELETE", path: "/write", body: { key } }, true);
    case "batch": {
      const operations = Array.from({ length: dice.whole(2, 6) }, () => ({
        put: { key: `key-${dice.whole(1, keys)}`, value },
      }));
      return ask({ method: "POST", path: "/write/batch", body: { operations } }, true);
    }
    case "read":
      return ask({ method: "GET", path: read }, false);
    case "list":
      return ask({ method: "GET", path: `/read?limit=50&after=${key}` }, false);
    case "grpc put":
      await grpc.put(key, JSON.stringify(value));
      return true;
    case "grpc read":
      await grpc.read(key).catch(() => undefined);
      return false;
  }
}

/** Twenty to draw from: ten writes, ten reads. */
const mix = [
  ...(["put", "put", "put", "put", "put", "put"] as const),
  ...(["conditional", "delete", "batch", "grpc put"] as const),
  ...(["read", "read", "read", "read", "read", "read", "read"] as const),
  ...(["list", "grpc read", "grpc read"] as const),
];
