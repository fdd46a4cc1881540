/** What a reader must know about the machine before comparing numbers. */
import { cpus, loadavg, release, totalmem, type } from "node:os";
import type { Results } from "../results/schema.ts";

/** At the start of a run; `loadAfter` is filled in again at its end. */
export function environmentNow(cluster: string): Results["environment"] {
  const load = loadNow();
  return {
    node: process.version,
    platform: `${type()} ${release()} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryBytes: totalmem(),
    loadBefore: load,
    loadAfter: load,
    cluster,
  };
}

/** The load average over one minute: processes that run or wait for a processor. */
export const loadNow = (): number => Math.round((loadavg()[0] ?? 0) * 100) / 100;
