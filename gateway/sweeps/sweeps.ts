/**
 * The sweeps of this node: one at a time, with a bounded history. However the process that measures
 * ends, the simulated delays are restored to what they were before it started.
 */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failed, type Result, succeeded } from "../../src/errors.ts";
import type { KvNode, LiveConfig } from "../../src/node/api.ts";
import type { Log } from "../../src/node/ports.ts";
import { type Job, startJob } from "./job.ts";
import type { OwnAddress } from "./own-address.ts";
import { missingDependencies, programIn, simulationFolder } from "./program.ts";
import type { SweepNews, SweepRequest } from "./types.ts";

/** Sweeps that are remembered with their reports; the oldest ones are dropped. */
const historyMax = 10;
/** Pages get the progress of a sweep at most this often. */
const progressEveryMs = 500;

/** The sweeps of one node. */
export interface Sweeps {
  /**
   * NOT_FOUND where the simulation is not installed or cannot be started, OVERLOADED while another sweep
   * runs.
   */
  start(request: SweepRequest, token?: string): Promise<Result<Job>>;
  /** Newest first. */
  list(): readonly Job[];
  find(id: string): Job | undefined;
  /** Which sweep runs now. */
  news(): SweepNews;
  /** Calls when a sweep starts, makes progress, and ends; the returned function stops that. */
  listen(listener: (news: SweepNews) => void): () => void;
  /** Kills the sweep that runs, and removes all reports. */
  close(): void;
}

interface SweepsOptions {
  readonly node: KvNode;
  readonly log: Log;
  /** This node's REST API as reached from this machine, for the time of one sweep. */
  readonly openAddress: () => Promise<OwnAddress>;
  /** Folder of the simulation; default: that of this repository. */
  readonly simulation?: URL;
}

export function createSweeps({
  node,
  log,
  openAddress,
  simulation = simulationFolder,
}: SweepsOptions): Sweeps {
  const jobs: Job[] = [];
  const listeners = new Set<(news: SweepNews) => void>();
  const tell = (news: SweepNews) => {
    for (const listener of listeners) listener(news);
  };
  let count = 0;
  let starting = false;
  let closed = false;
  /** The delays to restore when the running sweep ends; undefined: none. */
  let delaysBefore: Pick<LiveConfig, "minDelay" | "maxDelay" | "followerDelays"> | undefined;

  const restore = async () => {
    if (delaysBefore === undefined || closed) return;
    const { minDelay, maxDelay, followerDelays } = delaysBefore;
    delaysBefore = undefined;
    const result = await node.configure({ minDelay, maxDelay, followerDelays });
    if (!result.ok)
      log.error(
        { reason: result.failure.detail },
        "sweep ended, but the delays from before it may not be restored; look at the settings in force",
      );
  };

  const begin = async (request: SweepRequest, token: string | undefined): Promise<Job> => {
    const directory = await mkdtemp(join(tmpdir(), "quorum-kv-sweep-"));
    count += 1;
    // Ids of an earlier process must not name sweeps of this one.
    const id = `${Date.now().toString(36)}-${count}`;
    const address = await openAddress();
    delaysBefore = node.status().config;
    const job = startJob({
      id,
      program: programIn(simulation),
      request,
      url: address.url,
      directory,
      token,
      ended: () => {
        address.close();
        void restore();
      },
    });
    log.info(
      { sweep: id, request },
      "sweep started; it changes the simulated delays until it ends",
    );
    jobs.unshift(job);
    follow(job, tell);
    for (const old of jobs.splice(historyMax)) removeReport(old);
    return job;
  };

  return {
    start: async (request, token) => {
      const missing = missingDependencies(simulation);
      if (missing === undefined || missing.length > 0) return notInstalled(missing);
      if (starting || jobs.some(({ running }) => running)) {
        return failed("OVERLOADED", "Another sweep is running; only one can run at a time.", {
          retryAfterSeconds: 5,
        });
      }
      starting = true;
      try {
        return succeeded(await begin(request, token));
      } catch (error) {
        // No folder, as on a read-only disk without /tmp, or no other process, as under --permission.
        if (!(error instanceof Error && "code" in error)) throw error;
        delaysBefore = undefined;
        const detail = `Sweeps are not available: this node cannot start one (${error.message}).`;
        return failed("NOT_FOUND", detail);
      } finally {
        starting = false;
      }
    },
    list: () => jobs,
    find: (id) => jobs.find((job) => job.id === id),
    news: () => newsOf(jobs.find(({ running }) => running)),
    listen: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => {
      closed = true;
      for (const job of jobs) {
        if (job.running) job.kill();
        removeReport(job);
      }
    },
  };
}

/** What an operator must do: a node is installed without the simulation on purpose. */
const notInstalled = (missing: readonly string[] = ["simulation/"]) =>
  failed(
    "NOT_FOUND",
    "Sweeps are not available: the simulation is not installed on this node (missing: " +
      `${missing.join(", ")}). To install it, run "npm ci --omit=dev" in the node's folder.`,
  );

const removeReport = ({ directory }: Job): void =>
  rmSync(directory, { recursive: true, force: true });

function newsOf(job: Job | undefined): SweepNews {
  const at = Date.now();
  if (job?.running !== true) return { at, running: null };
  const { id, options, progress } = job.describe();
  return { at, running: { id, options, progress } };
}

/** Reports one sweep: its progress now and then, and its end at once. */
function follow(job: Job, tell: (news: SweepNews) => void): void {
  let toldAt = 0;
  job.follow(({ name }) => {
    if (name === "progress" && Date.now() - toldAt >= progressEveryMs) {
      toldAt = Date.now();
      tell(newsOf(job));
    }
    if (name === "done") tell(newsOf(undefined));
  });
}
