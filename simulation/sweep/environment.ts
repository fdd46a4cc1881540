/** What a reader must know about the machine before comparing numbers. */
import { cpus, loadavg, release, totalmem, type } from "node:os";
import type { Results } from "../results/schema.ts";

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

export const loadNow = (): number => Math.round((loadavg()[0] ?? 0) * 100) / 100;
