/** The memory of a process of this machine, as its kernel counts it. */
import { readFileSync } from "node:fs";

/** Resident, in MiB. */
export function residentMiB(pid: number): number {
  const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kilobytes === undefined) throw new Error(`process ${pid} has no memory`);
  return Number(kilobytes) / 1024;
}
