/** The compose file's containers, restarted for each quorum, as in the lab's experiment. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { patientTimeoutMs, type Target } from "../cluster.ts";
import { reasonOf, unreachable } from "../errors.ts";
import { liveConfigSchema } from "../http/answers.ts";
import { callJson, statusOf } from "../http/client.ts";
import type { DelayRange } from "../theory/index.ts";
import { discover } from "./discover.ts";
import { waitUntilReady } from "./readiness.ts";
import { delayOf } from "./settings.ts";
import { removeKeys } from "./tidy.ts";

/** Delays for the containers, in milliseconds. They win over those in .env. */
export interface ComposeOptions {
  readonly minDelay: number;
  readonly maxDelay: number;
  readonly followerDelays: Readonly<Record<string, DelayRange>>;
}

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../../", import.meta.url));
const startLimitMs = 10 * 60_000;
const readyLimitMs = 120_000;

/**
 * Nothing is started yet. Throws a SimulationError with exit code 3 where Docker's compose is
 * missing.
 */
export async function createComposeTarget(
  options: ComposeOptions,
  signal: AbortSignal,
): Promise<Target> {
  const compose = await findCompose(signal);
  const wasRunning = (await compose(["ps", "-q"], {})).trim() !== "";
  let touched = false;
  let entryUrl = "";
  const delays = Object.values(options.followerDelays).map(({ maxDelayMs }) => maxDelayMs);
  const timeoutMs = patientTimeoutMs([options.maxDelay, ...delays]);
  return {
    description: "the six containers of docker-compose.yaml",
    prepare: async (quorum, abort) => {
      const build = touched ? [] : ["--build"];
      touched = true;
      // Settings in the environment win over those in .env; --force-recreate restarts every container
      // even where nothing changed.
      await compose(["up", "-d", "--force-recreate", ...build], {
        WRITE_QUORUM: String(quorum),
        MIN_DELAY: String(options.minDelay),
        MAX_DELAY: String(options.maxDelay),
        TIMEOUT: String(timeoutMs),
      });
      entryUrl = await publishedUrl(compose);
      const entry = { id: "leader", url: entryUrl };
      await waitUntilReady({ leader: entry, followers: [], limitMs: readyLimitMs, signal: abort });
      const { leader, followers } = await discover(entryUrl, abort);
      await waitUntilReady({ leader, followers, limitMs: readyLimitMs, signal: abort });
      if (Object.keys(options.followerDelays).length > 0) {
        const body = { followerDelays: options.followerDelays };
        await callJson(`${leader.url}/config`, liveConfigSchema, { method: "PATCH", body });
      }
      const { config } = await statusOf(leader.url, abort);
      return {
        leader,
        followers: followers.map((one) => ({ ...one, delay: delayOf(config, one.id) })),
        quorumPerWrite: false,
        timeoutMs,
      };
    },
    close: async () => {
      if (!touched) return;
      touched = false;
      if (entryUrl !== "")
        await removeKeys(
          async () => (await discover(entryUrl, new AbortController().signal)).leader.url,
        );
      // Without our settings the containers come back as .env has them.
      await compose(wasRunning ? ["up", "-d"] : ["down"], {});
    },
  };
}

/** Where the leader's REST port is published, whatever .env says. */
async function publishedUrl(compose: Compose): Promise<string> {
  const address = (await compose(["port", "leader", "4567"], {})).trim();
  const port = address.slice(address.lastIndexOf(":") + 1);
  if (!/^\d+$/.test(port))
    throw unreachable(`the leader's container publishes no port: ${address}`);
  return `http://localhost:${port}`;
}

type Compose = (
  words: readonly string[],
  settings: Readonly<Record<string, string>>,
) => Promise<string>;

/** The v2 plugin where there is one, else docker-compose 1.29. */
async function findCompose(signal: AbortSignal): Promise<Compose> {
  const candidates: readonly (readonly [string, ...string[]])[] = [
    ["docker", "compose"],
    ["docker-compose"],
  ];
  for (const [program, ...first] of candidates) {
    try {
      await run(program, [...first, "version"], { signal });
    } catch {
      signal.throwIfAborted();
      continue;
    }
    return async (words, settings) => {
      try {
        const { stdout } = await run(program, [...first, ...words], {
          cwd: repository,
          env: { ...process.env, ...settings },
          timeout: startLimitMs,
        });
        return stdout;
      } catch (error) {
        throw unreachable(`${program} ${words.join(" ")} failed: ${reasonOf(error)}`, error);
      }
    };
  }
  throw unreachable("neither `docker compose` nor `docker-compose` can be run");
}
