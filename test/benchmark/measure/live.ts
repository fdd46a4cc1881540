/** What a server that has load/live-probe.ts keeps in memory. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { memoryOf } from "./processes.ts";

const probe = fileURLToPath(new URL("../load/live-probe.ts", import.meta.url));

/** For the environment of the server. */
export const liveProbe = (file: string) => ({
  LIVE_FILE: file,
  NODE_OPTIONS: `--import ${probe}`,
});

/** Bytes. */
export interface Kept {
  /** Its own memory, with whatever its collector has not looked at yet or has not given back. */
  readonly own: number;
  /** Live objects and their buffers, as a collection finds them. */
  readonly live: number;
}

export async function keptBy(pid: number, file: string): Promise<Kept> {
  const own = memoryOf(pid);
  rmSync(file, { force: true });
  process.kill(pid, "SIGUSR2");
  while (!existsSync(file)) await wait(20);
  return { own, live: Number(readFileSync(file, "utf8")) };
}
