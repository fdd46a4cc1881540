/** An etcd on this machine, to measure beside: Debian's package etcd-server. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

export interface Etcd {
  readonly version: string;
  readonly leaderUrl: string;
  readonly urls: readonly string[];
  /** The leader's first. */
  readonly pids: readonly number[];
  /** The member that leads now. */
  findLeader(): Promise<string>;
  kill(url: string): Promise<void>;
  /** Starts a member again with the data it had. */
  start(url: string): void;
  close(): Promise<void>;
}

/** Undefined where etcd is not installed. */
export async function startEtcd(run: {
  readonly folder: string;
  readonly basePort: number;
  readonly members: number;
}): Promise<Etcd | undefined> {
  const { folder, basePort, members } = run;
  const asked = spawnSync("etcd", ["--version"], { encoding: "utf8" });
  const version = /etcd Version: (\S+)/.exec(asked.stdout ?? "")?.[1];
  if (version === undefined) return undefined;
  const all = Array.from({ length: members }, (_, index) => ({
    name: `member${index + 1}`,
    clientUrl: `http://127.0.0.1:${basePort + index}`,
    peerUrl: `http://127.0.0.1:${basePort + members + index}`,
  }));
  const initialCluster = all.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(",");
  const urls = all.map(({ clientUrl }) => clientUrl);
  const processes = new Map<string, ChildProcess>();
  const start = (url: string): void => {
    const { name, clientUrl, peerUrl } = all[urls.indexOf(url)] ?? unknown(url);
    const settings = {
      name,
      "data-dir": join(folder, name),
      "listen-client-urls": clientUrl,
      "advertise-client-urls": clientUrl,
      "listen-peer-urls": peerUrl,
      "initial-advertise-peer-urls": peerUrl,
      "initial-cluster": initialCluster,
      "initial-cluster-state": "new",
      "log-level": "error",
    };
    const args = Object.entries(settings).map(([key, value]) => `--${key}=${value}`);
    processes.set(url, spawn("etcd", args, { stdio: "ignore" }));
  };
  for (const url of urls) start(url);
  const kill = (url: string): Promise<void> => stop([processes.get(url) ?? unknown(url)]);
  const close = (): Promise<void> => stop([...processes.values()]);
  try {
    const leaderUrl = await findLeader(urls);
    const leaderFirst = [leaderUrl, ...urls.filter((url) => url !== leaderUrl)];
    const pids = leaderFirst.flatMap((url) => processes.get(url)?.pid ?? []);
    const again = () => findLeader(urls);
    return { version, leaderUrl, urls, pids, findLeader: again, kill, start, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function unknown(url: string): never {
  throw new Error(`no member of etcd is at ${url}`);
}

async function stop(processes: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    processes.map(async (member) => {
      if (member.exitCode !== null || member.signalCode !== null) return;
      member.kill("SIGKILL");
      await once(member, "exit");
    }),
  );
}

/** Both stores are asked at their leader, so that neither pays for forwarding. */
async function findLeader(urls: readonly string[]): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    for (const url of urls) {
      const status = await statusOf(url).catch(() => undefined);
      if (status?.leader !== undefined && status.leader === status.header.member_id) return url;
    }
    await wait(200);
  }
  throw new Error("etcd found no leader within 20 s");
}

async function statusOf(url: string): Promise<{ leader?: string; header: { member_id: string } }> {
  const answer = await fetch(`${url}/v3/maintenance/status`, { method: "POST", body: "{}" });
  return (await answer.json()) as { leader?: string; header: { member_id: string } };
}
