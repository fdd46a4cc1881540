/** What Linux knows of single processes. */
import { readFileSync } from "node:fs";

/** What Linux shows to programs, whatever its own clock does. */
const ticksPerSecond = 100;

/** Seconds of processor time that processes have used so far, all together. */
export function cpuSecondsOf(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, count) => sum + count, 0) / ticksPerSecond;
}

/** Bytes of a process's own memory, without the pages of mapped files. */
export const memoryOf = (pid: number): number => kibibytesOf(pid, "RssAnon") * 1024;

/** Bytes of mapped files, such as a store's, that are in memory for a process. */
export const mappedOf = (pid: number): number => kibibytesOf(pid, "RssFile") * 1024;

function kibibytesOf(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? Number.NaN);
}
