/** Finds a Docker engine and whichever compose command is here. */
import { spawnSync } from "node:child_process";

export type Engine =
  | { readonly found: true; readonly compose: readonly [string, ...string[]] }
  | { readonly found: false; readonly reason: string };

const works = (program: string, ...args: string[]): boolean =>
  spawnSync(program, args, { stdio: "ignore" }).status === 0;

export function findEngine(): Engine {
  if (!works("docker", "info")) {
    return { found: false, reason: "no Docker engine answers `docker info`" };
  }
  if (works("docker", "compose", "version")) return { found: true, compose: ["docker", "compose"] };
  if (works("docker-compose", "version")) return { found: true, compose: ["docker-compose"] };
  return { found: false, reason: "neither `docker compose` nor `docker-compose` is here" };
}
