/** A Redis master with replicas on this machine, to measure beside: Debian's package redis-server. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

export interface Redis {
  readonly version: string;
  /** Of the master. */
  readonly url: string;
  /** The master first. */
  readonly pids: readonly number[];
  close(): Promise<void>;
}

/** Undefined: it is not installed. */
export function redisVersion(): string | undefined {
  const asked = spawnSync("redis-server", ["--version"], { encoding: "utf8" });
  return /v=(\S+)/.exec(asked.stdout ?? "")?.[1];
}

/** Resolves once every replica has the master's data. */
export async function startRedis(run: {
  readonly version: string;
  readonly folder: string;
  readonly basePort: number;
  readonly replicas: number;
  /** Every write is flushed to a log before it is answered; else all stays in memory. */
  readonly durable: boolean;
}): Promise<Redis> {
  const { version, folder, basePort, replicas, durable } = run;
  const processes = Array.from({ length: replicas + 1 }, (_, index) => {
    const dir = join(folder, `redis${index}`);
    mkdirSync(dir, { recursive: true });
    const settings = {
      port: String(basePort + index),
      bind: "127.0.0.1",
      dir,
      save: "",
      appendonly: durable ? "yes" : "no",
      appendfsync: "always",
      "repl-diskless-sync-delay": "0",
      ...(index === 0 ? {} : { replicaof: `127.0.0.1 ${basePort}` }),
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    return spawn("redis-server", args, { stdio: "ignore" });
  });
  const close = (): Promise<void> => stop(processes);
  try {
    await untilReplicated(basePort, replicas);
    const pids = processes.flatMap(({ pid }) => pid ?? []);
    return { version, url: `redis://127.0.0.1:${basePort}`, pids, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function stop(processes: readonly ChildProcess[]): Promise<void> {
  for (const server of processes) {
    if (server.exitCode !== null || server.signalCode !== null) continue;
    server.kill("SIGKILL");
    await once(server, "exit");
  }
}

async function untilReplicated(port: number, replicas: number): Promise<void> {
  for (let attempt = 0; attempt < 150; attempt += 1) {
    const facts = await replicationOf(port).catch(() => "");
    if (facts.split("state=online").length - 1 === replicas) return;
    await wait(200);
  }
  throw new Error("Redis has not all its replicas within 30 s");
}

async function replicationOf(port: number): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    socket.write("INFO replication\r\n");
    const [chunk] = await once(socket, "data");
    return String(chunk);
  } finally {
    socket.destroy();
  }
}
