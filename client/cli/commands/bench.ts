/** bench: how fast this cluster writes, as one client sees it. */
import { KVError } from "../../src/errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import type { Session } from "../session.ts";
import { progressOn } from "../terminal/progress.ts";
import { tableOf } from "../terminal/table.ts";

export interface BenchFlags {
  readonly writes: number;
  readonly clients: number;
  readonly size: number;
  readonly prefix: string;
  readonly quorum?: number;
  readonly keep?: boolean;
}

const operationsMax = 128;

/** A closed loop: each connection sends its next write when the last one was answered. */
export async function bench(session: Session, flags: BenchFlags): Promise<ExitCode> {
  const { kv, io, output, paint } = session;
  const { writes, clients, size, prefix, quorum, keep = false } = flags;
  const latenciesMs: number[] = [];
  const failures = new Map<string, number>();
  const value = JSON.stringify("x".repeat(Math.max(0, size - 2)));
  const progress = progressOn(io, "bench");
  const written: string[] = [];
  let started = 0;
  const client = async () => {
    while (started < writes && !io.signal.aborted) {
      const key = `${prefix}${started}`;
      started += 1;
      const at = performance.now();
      try {
        // Of so many keys the cluster would forget those that other clients still rely on.
        await kv.put(key, value, { raw: true, quorum, signal: io.signal, idempotencyKey: false });
        latenciesMs.push(performance.now() - at);
      } catch (error) {
        if (!(error instanceof KVError)) throw error;
        failures.set(error.code, (failures.get(error.code) ?? 0) + 1);
        if (error.written === "no") continue;
      }
      written.push(key);
      progress.update(latenciesMs.length, writes);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: clients }, client));
  const seconds = (performance.now() - startedAt) / 1000;
  progress.end();
  if (!keep) await remove(session, written);

  const sorted = latenciesMs.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
  const result = {
    ...{ writes: sorted.length, clients, seconds, perSecond: sorted.length / seconds },
    ...{ p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), maxMs: at(1) },
    failures: Object.fromEntries(failures),
  };
  const rows = Object.entries(result)
    .filter(([, figure]) => typeof figure === "number")
    .map(([name, figure]) => [name, rounded(Number(figure))]);
  await output.show({
    table: () => tableOf(["FIGURE", "VALUE"], [...rows, ...failures], paint),
    json: () => JSON.stringify(result),
    raw: () => rounded(result.perSecond),
  });
  return failures.size === 0 ? exitCodes.ok : exitCodes.unavailable;
}

const rounded = (figure: number): string =>
  Number.isInteger(figure) ? String(figure) : figure.toFixed(2);

/** Leaves the store as it was, also after Ctrl-C. */
async function remove({ kv, output }: Session, keys: readonly string[]): Promise<void> {
  for (let at = 0; at < keys.length; at += operationsMax) {
    const operations = keys.slice(at, at + operationsMax).map((key) => ({ delete: { key } }));
    try {
      await kv.batch(operations);
    } catch (error) {
      if (!(error instanceof KVError)) throw error;
      output.note(`keys of the bench were not all deleted: ${error.code}: ${error.message}`);
      return;
    }
  }
}
