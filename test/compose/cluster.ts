/** A compose cluster of the test's own: its project name, its ports, its volumes. */
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { findPorts } from "../support/ports.ts";
import { findEngine } from "./engine.ts";

export const ids = ["leader", "follower1", "follower2", "follower3", "follower4", "follower5"];

const root = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);
const outputBytesMax = 64 * 1024 * 1024;

/** Tries until it returns something else than undefined or false; throws the last error at the end. */
export async function eventually<T>(
  what: string,
  attempt: () => Promise<T | undefined | false>,
  patienceMs = 300_000,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  let last: unknown = "it never happened";
  while (performance.now() < deadline) {
    try {
      const outcome = await attempt();
      if (outcome !== undefined && outcome !== false) return outcome;
    } catch (error) {
      last = error;
    }
    await wait(200);
  }
  throw new Error(`${what} within ${patienceMs / 1000} s`, { cause: last });
}

export interface ContainerState {
  readonly Status: string;
  /** Of its process, as the engine's host counts. */
  readonly Pid: number;
  readonly ExitCode: number;
  readonly StartedAt: string;
  readonly Health: { readonly Status: string };
}

/** Another cluster than the one that docker-compose.yaml describes. */
interface Variant {
  /** Added to the name of its project. */
  readonly name: string;
  /** Compose files, each of which changes what those before it say. */
  readonly files: readonly string[];
}

const plain: Variant = { name: "", files: [] };

export class ComposeCluster {
  /** Also what its containers' names start with. */
  readonly #project: string;
  readonly #compose: readonly [string, ...string[]];
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #ports: ReadonlyMap<string, number>;

  private constructor(parts: {
    readonly project: string;
    readonly compose: readonly [string, ...string[]];
    readonly ports: ReadonlyMap<string, number>;
    readonly settings: Readonly<Record<string, string>>;
  }) {
    const { project, compose, ports, settings } = parts;
    this.#project = project;
    this.#compose = compose;
    this.#ports = ports;
    const published = [...ports].map(([id, port]) => [`${id.toUpperCase()}_PORT`, String(port)]);
    this.#environment = {
      ...process.env,
      ...Object.fromEntries(published),
      ...settings,
      COMPOSE_PROJECT_NAME: project,
      CONTAINER_PREFIX: project,
    };
  }

  static async prepare(
    settings: Readonly<Record<string, string>>,
    { name, files }: Variant = plain,
  ): Promise<ComposeCluster> {
    const engine = findEngine();
    if (!engine.found) throw new Error(engine.reason);
    const ports = await findPorts(ids.length);
    return new ComposeCluster({
      project: `quorum-kv-test-${process.pid}${name}`,
      compose: [...engine.compose, ...files.flatMap((file) => ["-f", file])],
      ports: new Map(ids.map((id, index) => [id, ports[index] ?? 0])),
      settings,
    });
  }

  url(id: string): string {
    return `http://localhost:${this.#ports.get(id)}`;
  }

  async compose(...args: string[]): Promise<string> {
    return this.composeWith({}, ...args);
  }

  /** With other settings than those of the cluster, as `WRITE_QUORUM=5 docker compose …` has them. */
  async composeWith(settings: Readonly<Record<string, string>>, ...args: string[]) {
    const [program, ...first] = this.#compose;
    return (await run(program, [...first, ...args], this.#options(settings))).stdout;
  }

  /** A program in the repository's folder, with this cluster's project, ports and settings. */
  async program(...words: [string, ...string[]]): Promise<{ code: number; stdout: string }> {
    const [name, ...args] = words;
    return run(name, args, this.#options({})).then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
    );
  }

  #options(settings: Readonly<Record<string, string>>) {
    const env = { ...this.#environment, ...settings };
    return { cwd: root, env, maxBuffer: outputBytesMax };
  }

  async docker(...args: string[]): Promise<string> {
    return (await run("docker", args, { maxBuffer: outputBytesMax })).stdout.trim();
  }

  container(id: string): string {
    return `${this.#project}_${id}`;
  }

  async state(id: string): Promise<ContainerState> {
    const format = ["--format", "{{json .State}}"];
    return JSON.parse(await this.docker("inspect", ...format, this.container(id)));
  }

  /** What the node has logged so far. */
  async logs(id: string): Promise<string> {
    const { stdout, stderr } = await run("docker", ["logs", this.container(id)], {
      maxBuffer: outputBytesMax,
    });
    return stdout + stderr;
  }

  async execute(id: string, ...command: string[]): Promise<string> {
    return this.docker("exec", this.container(id), ...command);
  }

  async kill(id: string): Promise<void> {
    await this.docker("kill", this.container(id));
  }

  /** Kills the process rather than the container: the engine takes that for a crash. */
  async crash(id: string): Promise<void> {
    const { Pid } = await this.state(id);
    const asHost = ["run", "--rm", "--pid", "host", "--user", "root", "quorum-kv"];
    await this.docker(...asHost, "sh", "-c", `kill -KILL ${Pid}`);
  }

  async start(id: string): Promise<void> {
    await this.docker("start", this.container(id));
  }

  /** Starts all containers and waits until every one of them is healthy, and the leader ready. */
  async up(...args: string[]): Promise<void> {
    await this.compose("up", "-d", ...args);
    await this.allHealthy();
  }

  async allHealthy(): Promise<void> {
    await Promise.all(ids.map((id) => this.healthy(id)));
    await eventually("the leader ready", async () => {
      return (await fetch(`${this.url("leader")}/readyz`)).ok;
    });
  }

  async healthy(id: string): Promise<void> {
    await eventually(
      `${id} healthy`,
      async () => (await this.state(id)).Health.Status === "healthy",
    );
  }
}
