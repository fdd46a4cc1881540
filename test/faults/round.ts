/** One round: a workload, faults in the middle of it, healing, and then every promise is checked. */
import { performance } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import type { NodeStatus } from "../../src/node/api.ts";
import { check } from "../../src/virtual/linearizability/check.ts";
import type { Call } from "../../src/virtual/linearizability/history.ts";
import { findAnomaly } from "../../src/virtual/linearizability/transactions.ts";
import type { Cluster } from "../support/cluster.ts";
import { anyContact, type Contact, fixedContact, RoamingContact } from "../support/contact.ts";
import type { HttpClient } from "../support/http-client.ts";
import type { Dice } from "../support/random.ts";
import type { Fault } from "./menu.ts";
import { Recorder } from "./recorder.ts";
import { Transacting, withOtherWrites } from "./transacting.ts";
import { WatchClient } from "./watch-client.ts";
import { findBrokenPrefixes, Watchers } from "./watchers.ts";
import { startWorkload } from "./workload.ts";

export interface RoundPlan {
  readonly number: number;
  readonly faults: readonly Fault[];
  readonly quorums: readonly [lowest: number, highest: number];
  readonly clients: number;
  /** Milliseconds before the first fault, between faults, and before healing. */
  readonly pausesMs: readonly [number, number, number];
}

export interface RoundReport {
  readonly calls: number;
  readonly counts: Recorder["counts"] & Transacting["counts"];
  readonly pages: number;
  /** Operations that subscribers were told. */
  readonly told: number;
  /** From the end of the faults to one digest everywhere. */
  readonly convergedInMs: number;
  readonly sequence: number;
}

/** What goes on from round to round. */
export interface RoundWorld {
  readonly cluster: Cluster;
  /** FAILOVER=1: any node may lead. */
  readonly electing: boolean;
  readonly client: HttpClient;
  readonly dice: Dice;
  /** What was on the leader at the end of earlier rounds. */
  readonly settled: Map<string, string>;
  /** The calls of earlier rounds, for whoever looks into a failure. */
  readonly earlier: Call[];
  /** The watchers in office, to be told of wiped disks. */
  watchers?: Watchers;
}

/** A promise that did not hold. Carries the history for whoever looks into it. */
export class Broken extends Error {
  readonly history: readonly Call[];

  constructor(message: string, history: readonly Call[]) {
    super(message);
    this.history = history;
  }
}

const KEYS_PER_ROUND = 8;
/** Without something to lose, a fault would prove nothing. */
const ACKNOWLEDGED_BEFORE_FAULTS = 20;
const ACKNOWLEDGED_IN_FAULTS = 20;
/** A sure sign that nobody can be elected, on a machine where six nodes share two cores. */
const GOES_ON_WITHIN_MS = 150_000;
const CONVERGES_WITHIN_MS = 150_000;
/** After convergence; a subscriber that still lacks something is judged as it is. */
const TOLD_WITHIN_MS = 150_000;

export async function runRound(world: RoundWorld, plan: RoundPlan): Promise<RoundReport> {
  const { cluster, client, dice, electing } = world;
  const prefix = `r${plan.number}-`;
  const keys = Array.from({ length: KEYS_PER_ROUND }, (_, index) => `${prefix}${index}`);
  const recorder = new Recorder({ electing });
  const transacting = new Transacting(recorder);
  const watchers = new Watchers(client, prefix, { electing });
  world.watchers = watchers;
  for (const node of electing ? cluster.nodes : cluster.followers) {
    watchers.watch(node);
  }
  const watched = [cluster.leader, dice.pick(cluster.followers)];
  const subscribers = await Promise.all(
    watched.map(async (node) => {
      const { applied } = await node.until<NodeStatus>("/status", () => true);
      return new WatchClient(node, prefix, applied);
    }),
  );
  const { clients, quorums } = plan;
  const valueBytes = Math.max(0, ...plan.faults.map((fault) => fault.valueBytes ?? 0));
  const workload = startWorkload(recorder, transacting, {
    ...{ clients, keys, prefix, quorums, valueBytes, dice: dice.fork() },
    newContact: (number) => contactOf(world, number),
    newAnyContact: (own) => anyContact(client, urlsOf(cluster), own),
  });
  let healedAt = 0;
  try {
    await misbehave(plan, recorder);
    healedAt = performance.now();
    await untilUseful(world, recorder);
  } catch (error) {
    // Nobody waits for what they are still told.
    await Promise.all(subscribers.map((each) => each.stop()));
    throw error;
  } finally {
    await workload.stop();
    await watchers.stop();
  }
  const statuses = await untilOneDigest(cluster);
  const convergedInMs = performance.now() - healedAt;
  const newest = Math.max(0, ...recorder.history.map((call) => writtenIn(call, prefix)));
  await Promise.all(subscribers.map((each) => each.until(newest, TOLD_WITHIN_MS)));
  await Promise.all(subscribers.map((each) => each.stop()));
  await readEverything(world, recorder, keys);
  await rememberAndCompare(world, keys);
  judge({ plan, recorder, transacting, watchers, subscribers });
  world.earlier.push(...recorder.history);
  return {
    ...{ calls: recorder.history.length, convergedInMs },
    counts: { ...recorder.counts, ...transacting.counts },
    ...{ pages: watchers.pages.length, told: subscribers.flatMap(({ seen }) => seen).length },
    ...{ sequence: statuses[0]?.applied ?? 0 },
  };
}

/** Every third client stays with a former leader that does not answer: it must tell it nothing old. */
function contactOf({ client, cluster, electing }: RoundWorld, number = 0): Contact {
  if (!electing) {
    return fixedContact(client, cluster.leader.url);
  }
  const stubborn = number % 3 === 2;
  return new RoamingContact(client, urlsOf(cluster), { stubborn });
}

const urlsOf = ({ leader, followers }: Cluster): readonly [string, ...string[]] => [
  leader.url,
  ...followers.map(({ url }) => url),
];

/** The version of a write to the round's keys that took effect. */
function writtenIn({ key, kind, outcome, version }: Call, prefix: string): number {
  const counts = key.startsWith(prefix) && kind !== "read" && outcome === "ok";
  return counts ? (version ?? 0) : 0;
}

async function misbehave(plan: RoundPlan, recorder: Recorder): Promise<void> {
  const [before, between, during] = plan.pausesMs;
  await wait(before);
  const giveUpAt = performance.now() + CONVERGES_WITHIN_MS;
  while (recorder.counts.acknowledged < ACKNOWLEDGED_BEFORE_FAULTS) {
    if (performance.now() > giveUpAt) {
      throw new Broken("a healthy cluster does not take writes", recorder.history);
    }
    await wait(20);
  }
  for (const fault of plan.faults) {
    await fault.begin();
    await wait(between);
  }
  await wait(during);
  if (plan.faults.every(({ goesOn }) => goesOn === true)) {
    await untilWritesGoOn(recorder);
  }
  for (const fault of plan.faults.toReversed()) {
    await fault.heal();
  }
}

/** With the fault still there, others have taken over. */
async function untilWritesGoOn({ counts, history }: Recorder): Promise<void> {
  const wanted = counts.acknowledged + ACKNOWLEDGED_IN_FAULTS;
  const giveUpAt = performance.now() + GOES_ON_WITHIN_MS;
  while (counts.acknowledged < wanted) {
    if (performance.now() > giveUpAt) {
      throw new Broken("writes do not go on while the fault lasts", history);
    }
    await wait(20);
  }
}

/** All is well again: a write to every follower goes through while the workload runs. */
async function untilUseful(world: RoundWorld, recorder: Recorder): Promise<void> {
  const { cluster } = world;
  const contact = contactOf(world);
  await cluster.untilReady();
  const startedAt = performance.now();
  const quorum = cluster.followers.length;
  for (let number = 0; ; number += 1) {
    const body = { key: "probe", value: number, quorum, timeoutMs: 5000 };
    const call = await recorder.perform(
      contact,
      { client: "probe", kind: "put", key: "probe", value: String(number) },
      { method: "PUT", path: "/write", body },
    );
    if (call?.outcome === "ok") {
      return;
    }
    if (performance.now() - startedAt > CONVERGES_WITHIN_MS) {
      throw new Broken("after healing, no write reaches every follower", recorder.history);
    }
    await wait(50);
  }
}

/**
 * Waits until every node has applied all there is and every digest is the same. Leadership may still move,
 * for example back to the leader of choice, and each new leader may add an entry.
 */
async function untilOneDigest(cluster: Cluster): Promise<readonly NodeStatus[]> {
  const giveUpAt = performance.now() + CONVERGES_WITHIN_MS;
  for (;;) {
    const all = await Promise.all(
      cluster.nodes.map((node) => node.until<NodeStatus>("/status", () => true)),
    );
    const stores = new Set(all.map(({ applied, digest, keys }) => `${applied} ${digest} ${keys}`));
    if (stores.size === 1 && all.some(holdsAllThereIs)) {
      return all;
    }
    if (performance.now() > giveUpAt) {
      const list = all.map(
        ({ id, applied, digest, keys }) => `${id}: ${applied} ${digest} ${keys}`,
      );
      throw new Broken(`the stores do not converge:\n${list.join("\n")}`, []);
    }
    await wait(50);
  }
}

const holdsAllThereIs = ({ role, ready, last, committed, applied }: NodeStatus): boolean =>
  role === "leader" && ready && last === committed && applied === last;

/** Last reads, so that the checker sees what became of every write. */
async function readEverything(
  world: RoundWorld,
  recorder: Recorder,
  keys: readonly string[],
): Promise<void> {
  const contact = contactOf(world);
  const giveUpAt = performance.now() + CONVERGES_WITHIN_MS;
  for (const key of keys) {
    const intent = { client: "last", kind: "read", key } as const;
    const question = { method: "GET", path: `/read?key=${key}` } as const;
    while ((await recorder.perform(contact, intent, question)) === undefined) {
      if (performance.now() > giveUpAt) {
        throw new Broken(`after all, nobody answers what ${key} is`, recorder.history);
      }
      await wait(50);
    }
  }
}

/** Nothing of earlier rounds may change any more, on any node. */
async function rememberAndCompare(world: RoundWorld, keys: readonly string[]): Promise<void> {
  const { cluster, client, settled } = world;
  const pages = await Promise.all(cluster.nodes.map((node) => listAll(client, node.url)));
  const [leader = new Map<string, string>()] = pages;
  for (const [key, record] of settled) {
    if (leader.get(key) !== record) {
      throw new Broken(`${key} of an earlier round was ${record}, is ${leader.get(key)}`, []);
    }
  }
  for (const [index, page] of pages.entries()) {
    const differing = [...leader].find(([key, record]) => page.get(key) !== record);
    if (page.size !== leader.size || differing !== undefined) {
      const id = cluster.nodes[index]?.id;
      throw new Broken(`equal digests, but ${id} differs from the leader: ${differing}`, []);
    }
  }
  for (const key of keys) {
    settled.set(key, leader.get(key) ?? "absent");
    if (!leader.has(key)) {
      settled.delete(key);
    }
  }
}

async function listAll(client: HttpClient, url: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (let after: unknown = ""; after !== null; ) {
    const from = after === "" ? "" : `&after=${encodeURIComponent(String(after))}`;
    const reply = await client.ask(url, { method: "GET", path: `/read?limit=1000${from}` });
    if (reply.type !== "answer" || reply.status !== 200) {
      throw new Broken(`${url} cannot be listed: ${JSON.stringify(reply)}`, []);
    }
    for (const entry of (reply.body?.["entries"] ?? []) as { key: string }[]) {
      found.set(entry.key, JSON.stringify(entry));
    }
    after = reply.body?.["next"] ?? null;
  }
  return found;
}

function judge(found: {
  readonly plan: RoundPlan;
  readonly recorder: Recorder;
  readonly transacting: Transacting;
  readonly watchers: Watchers;
  readonly subscribers: readonly WatchClient[];
}): void {
  const { plan, recorder, transacting, watchers, subscribers } = found;
  const { history } = recorder;
  // The probe's key goes on through all rounds, so that its history has no known beginning here.
  const round = history.filter(({ key }) => key.startsWith(`r${plan.number}-`));
  const verdict = check(round);
  if (verdict.verdict === "violation") {
    throw new Broken(`not linearizable: ${verdict.violation.text}`, history);
  }
  if (verdict.verdict === "gave up") {
    throw new Broken(`the checker gave up on key ${verdict.key}`, history);
  }
  const anomaly = findAnomaly(withOtherWrites(transacting.transactions, history));
  if (anomaly !== undefined) {
    throw new Broken(`transactions: ${anomaly}`, history);
  }
  const offences = [
    ...recorder.offences,
    ...watchers.offences,
    ...findBrokenPrefixes(watchers.pages, round),
    ...subscribers.flatMap((each) => each.findFaults(round)),
  ];
  if (offences.length > 0) {
    throw new Broken(offences.slice(0, 10).join("\n"), history);
  }
}
