/**
 * nginx and HAProxy, run by the files of `deploy/`: only addresses, ports, and the patience with a busy
 * machine are the tests' own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { findPorts } from "../support/ports.ts";
import { root } from "../tools/documents.ts";

export interface RunningProxy {
  readonly port: number;
  readonly url: string;
  /** Its files, with short paths. */
  readonly folder: string;
  close(): Promise<void>;
}

interface Start {
  readonly program: string;
  /** The REST ports of three nodes. */
  readonly ports: readonly number[];
}

/** In `from`, each node of the documents is one of these. */
const documentedNodes = [1, 2, 3].map((last) => `10.0.0.${last}:4567`);

/** The file of `deploy/` with each of these texts replaced, which it must have. */
function deployed(file: string, changes: readonly (readonly [string, string])[]): string {
  let text = readFileSync(join(root, "deploy", file), "utf8");
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`deploy/${file} has no ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

const addressesOf = (ports: readonly number[]) =>
  documentedNodes.map((node, index) => [node, `127.0.0.1:${ports[index]}`] as const);

export async function startNginx({ program, ports }: Start): Promise<RunningProxy> {
  const [port = 0] = await findPorts(1);
  const folder = newFolder();
  const changes = [...addressesOf(ports), ["listen 80;", `listen 127.0.0.1:${port};`]] as const;
  writeFileSync(join(folder, "kv.conf"), deployed("nginx.conf", changes));
  // As in Debian's nginx.conf where it could matter; files stay in the folder.
  const main = `
    daemon off;
    pid nginx.pid;
    worker_processes 2;
    error_log stderr;
    events {}
    http {
      gzip on;
      access_log off;
      ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${name};`).join("\n")}
      include kv.conf;
    }`;
  writeFileSync(join(folder, "nginx.conf"), main);
  return await run(program, ["-p", folder, "-c", "nginx.conf", "-e", "stderr"], { port, folder });
}

export async function startHaproxy({ program, ports }: Start): Promise<RunningProxy> {
  const [port = 0] = await findPorts(1);
  const folder = newFolder();
  const changes = [
    ...addressesOf(ports),
    ["bind :8080", `bind 127.0.0.1:${port}`],
    // A busy machine is no reason to take a node for dead.
    ["timeout check 3s", "timeout check 60s"],
  ] as const;
  writeFileSync(join(folder, "kv.cfg"), deployed("haproxy.cfg", changes));
  writeFileSync(join(folder, "global.cfg"), `global\n  stats socket ${join(folder, "stats")}\n`);
  const files = ["global.cfg", "kv.cfg"].flatMap((name) => ["-f", join(folder, name)]);
  return await run(program, ["-db", ...files], { port, folder });
}

/** The servers of a backend that HAProxy takes for usable. */
export async function serversUp(
  haproxy: RunningProxy,
  backend: string,
): Promise<readonly string[]> {
  const socket = connect(join(haproxy.folder, "stats"));
  socket.end("show stat\n");
  let text = "";
  for await (const chunk of socket.setEncoding("utf8")) text += chunk;
  const [names = [], ...lines] = text
    .trim()
    .split("\n")
    .map((line) => line.split(","));
  const status = names.indexOf("status");
  return lines
    .filter(([of, server]) => of === backend && server !== "BACKEND")
    .filter((line) => line[status]?.startsWith("UP"))
    .map(([, server = ""]) => server);
}

/** nginx's workers may be another user, who needs a way to the files. */
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "kv-proxy-"));
  chmodSync(folder, 0o755);
  return folder;
}

/** Resolves once it accepts connections. Whatever happens to the test, the process does not outlive it. */
async function run(
  program: string,
  args: readonly string[],
  { port, folder }: { readonly port: number; readonly folder: string },
): Promise<RunningProxy> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-10_000);
    });
  }
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  const kill = () => void child.kill();
  process.on("exit", kill);
  const close = async () => {
    process.off("exit", kill);
    await ended(child, isOver);
    rmSync(folder, { recursive: true, force: true });
  };
  while (!(await accepts(port))) {
    if (isOver()) {
      await close();
      throw new Error(`${program} ended: ${said}`);
    }
    await wait(20);
  }
  return { port, url: `http://127.0.0.1:${port}`, folder, close };
}

async function ended(child: ChildProcess, isOver: () => boolean): Promise<void> {
  if (isOver()) return;
  const exited = once(child, "exit");
  child.kill();
  await exited;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
