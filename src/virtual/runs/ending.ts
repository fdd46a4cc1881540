/** The end of a seed: all heals, and must come right. */
import type { Clients } from "../clients/clients.ts";
import type { VirtualCluster } from "../world/cluster.ts";
import { calmWire } from "../world/stream.ts";
import { Violation } from "../world/violation.ts";

/** What comes to its end. */
export interface Ending {
  readonly cluster: VirtualCluster;
  readonly clients: Clients;
  runUntil(until: number, pending?: () => boolean): Promise<void>;
}

const livenessMs = 30_000;
/** Within so many election timeouts a healed cluster has a leader that accepts a write. */
const electionsMax = 5;
/** A flush that a full disk refused is tried again after this time, and its node takes no part before. */
const flushRetryMs = 500;
const retryMs = 20;
/** An operator looks at what has not come right by itself after this time. */
const operatorMs = 5_000;
/** A follower asks for a mark once it has heard a heartbeat. */
const readAgainMs = 200;

export async function comesRight(run: Ending): Promise<void> {
  const { cluster, clients } = run;
  heal(cluster);
  await run.runUntil(thawedAt(cluster) + (cluster.failover ? 0 : 1_000));
  if (cluster.failover) await mustElect(run);
  await mustAnswerReads(run);
  await mustConverge(run);
  await run.runUntil(cluster.time.now() + 100);
  cluster.history.finish();
  const digests = new Set(cluster.ids.map((id) => cluster.node(id)?.status().digest));
  if (digests.size !== 1) throw new Violation(`digests differ: ${[...digests].join(", ")}`);
  clients.finish();
}

function heal(cluster: VirtualCluster): void {
  cluster.network.loses = () => false;
  for (const id of cluster.failover ? cluster.leaders : [cluster.leader])
    void cluster.node(id)?.configure({ followerDelays: {} });
  for (const { id, disk } of cluster.members.values()) {
    disk.fail(undefined);
    disk.slow(0.3);
    cluster.network.around(id, calmWire());
    cluster.network.flow();
    // What hung on a cut wire is reset by its keepalive.
    if (cluster.chance.happens(0.5)) cluster.network.reset(id);
    cluster.start(id);
  }
}

/** A frozen process thaws by itself. */
function thawedAt({ members, time }: VirtualCluster): number {
  const ends = [...members.values()].map(({ process }) => process?.clock.frozenUntil ?? 0);
  return Math.max(time.now(), ...ends);
}

async function mustElect(run: Ending): Promise<void> {
  const { cluster, clients } = run;
  const { time, settings } = cluster;
  const timeoutMs = settings.electionTimeoutMs ?? 1_000;
  let answered = false;
  let since = time.now();
  const tryAgain = () => {
    if (answered) return;
    for (const id of cluster.ids) {
      // One that was shutting down comes back late.
      if (cluster.node(id) === undefined) since = time.now();
      cluster.start(id);
    }
    emptyRefused(cluster);
    const operations = [{ key: "first", value: "true" }];
    const quorum = Math.floor(cluster.ids.length / 2);
    for (const id of cluster.ids)
      clients.submitTo(id, { operations, quorum, timeoutMs: 500 }, (result) => {
        answered ||= result.ok;
      });
    time.after(retryMs, tryAgain);
  };
  tryAgain();
  const waitMs = electionsMax * timeoutMs + flushRetryMs;
  await run.runUntil(time.now() + livenessMs, () => !answered && time.now() < since + waitMs);
  if (!answered)
    throw new Violation(`no leader after ${electionsMax} election timeouts:\n${describe(cluster)}`);
}

/**
 * An operator does what the log says: where all disks with data are lost, a blank node that was promised to the former
 * cluster does not join the one that is born in its place, until its folder is emptied.
 */
function emptyRefused(cluster: VirtualCluster): void {
  const born = cluster.ids
    .map((id) => cluster.node(id)?.status().cluster)
    .find((shown) => shown?.confirmed === false);
  if (!born) return;
  const disks = [...cluster.members].map(([id, { disk }]) => ({ id, ...disk.look().hardState() }));
  if (disks.some(({ blank, cluster: held }) => !blank && held?.confirmed === true)) return;
  for (const { id, cluster: held } of disks) {
    if (held?.confirmed !== true || held.id === born.id) continue;
    cluster.wipe(id);
    cluster.start(id);
  }
}

/**
 * As above: a node without data that belongs to no cluster, and has promised a higher epoch to another node than the one
 * that leads with data, follows it once its folder is emptied.
 */
function emptyAbove(cluster: VirtualCluster, since: number): void {
  if (cluster.failover || cluster.time.now() < since + operatorMs) return;
  const leader = cluster.node(cluster.leader)?.status();
  if (leader?.cluster?.confirmed !== true) return;
  for (const [id, { disk }] of cluster.members) {
    const { blank, cluster: held, promisedEpoch, promisedLeader } = disk.look().hardState();
    const isAbove = promisedEpoch > leader.epoch && promisedLeader !== leader.id;
    if (!blank || held?.confirmed === true || !isAbove) continue;
    cluster.wipe(id);
    cluster.start(id);
  }
}

/** Every node, whatever its role, answers a linearizable read. */
async function mustAnswerReads({ cluster, clients, runUntil }: Ending): Promise<void> {
  const waiting = new Set(cluster.ids);
  const since = cluster.time.now();
  const tryAgain = () => {
    if (waiting.size === 0) return;
    for (const id of cluster.ids) cluster.start(id);
    emptyRefused(cluster);
    emptyAbove(cluster, since);
    for (const id of waiting)
      clients.readLinearizably(id, undefined, (isAnswered) => {
        if (isAnswered) waiting.delete(id);
      });
    cluster.time.after(readAgainMs, tryAgain);
  };
  tryAgain();
  await runUntil(cluster.time.now() + livenessMs, () => waiting.size > 0);
  if (waiting.size > 0)
    throw new Violation(`no reads at ${[...waiting].join(", ")}:\n${describe(cluster)}`);
}

async function mustConverge(run: Ending): Promise<void> {
  const { cluster, clients } = run;
  let answered = false;
  const tryAgain = () => {
    for (const id of cluster.ids) cluster.start(id);
    if (answered) return;
    const operations = [{ key: "last", value: "true" }];
    clients.submit({ operations, timeoutMs: 500 }, (result) => {
      answered ||= result.ok;
    });
    cluster.time.after(600, tryAgain);
  };
  tryAgain();
  const leader = () => (cluster.failover ? cluster.leaders.at(0) : cluster.leader);
  const converged = () => {
    const id = leader();
    const last = id === undefined ? undefined : cluster.node(id)?.position().last;
    return cluster.ids.every((each) => cluster.node(each)?.applied === last);
  };
  await run.runUntil(cluster.time.now() + livenessMs, () => !(answered && converged()));
  if (!(answered && converged()))
    throw new Violation(`no convergence (answered: ${answered}):\n${describe(cluster)}`);
}

function describe(cluster: VirtualCluster): string {
  const states = cluster.ids.map((id) => {
    const node = cluster.node(id);
    return `${id} ${node?.role} ${JSON.stringify(node?.position())} ${node?.status().reasons.join("; ")}`;
  });
  return states.join("\n");
}
