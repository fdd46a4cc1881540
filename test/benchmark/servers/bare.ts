/** A server to compare with: one of the programs beside this file, in a process of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { v8Flags } from "../../../src/start/v8-flags.ts";

/** Resolves once it listens on 127.0.0.1. `more`: what the program takes beside its port. */
export async function startBare(
  program: "bare-node" | "bare-express",
  run: {
    readonly port: number;
    readonly more?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  },
) {
  const { port, more = [], env = {} } = run;
  const args = [...v8Flags, join(import.meta.dirname, `${program}.ts`), String(port), ...more];
  const server = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  await once(server.stdout, "data");
  return { pid: server.pid ?? 0, stop: () => server.kill("SIGKILL") };
}
