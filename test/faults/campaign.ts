/** Rounds of faults on one cluster of real processes, all drawn from one seed. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Call } from "../../src/virtual/linearizability/history.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { HttpClient } from "../support/http-client.ts";
import { Dice, mulberry32 } from "../support/random.ts";
import { failoverFaults } from "./failover-menu.ts";
import {
  clusterFaults,
  type Fault,
  type FaultContext,
  type FaultMaker,
  followerFaults,
} from "./menu.ts";
import { Broken, type RoundReport, type RoundWorld, runRound } from "./round.ts";

export interface Campaign {
  readonly seed: number;
  readonly rounds: number;
  readonly log: (line: string) => void;
  /** False: in memory, where a kill must lose what was acknowledged. */
  readonly disk?: boolean;
  /** FAILOVER=1: any node is killed, frozen or cut off. */
  readonly electing?: boolean;
  /** Names from the menu for the first rounds, one round each; later rounds draw theirs. */
  readonly first?: readonly string[];
}

export interface CampaignReport {
  readonly rounds: number;
  readonly calls: number;
  /** How often each thing was done. */
  readonly done: Readonly<Record<string, number>>;
}

const jumpingClock = fileURLToPath(new URL("jumping-clock.ts", import.meta.url));

/** Runs all rounds. Throws at the first broken promise, naming the seed, the history and the logs. */
export async function runCampaign(campaign: Campaign): Promise<CampaignReport> {
  const { seed, rounds, log, electing = false } = campaign;
  const dice = new Dice(mulberry32(seed));
  // Little is kept of the log, so that a follower that was away needs a snapshot now and then.
  const env = {
    ...{ LOG_RETENTION: "1000", LOG_LEVEL: "info", TIMEOUT: "3000" },
    // Shorter than what tests have to whom elections are a nuisance.
    ELECTION_TIMEOUT: "1000",
  };
  const start = { preload: [jumpingClock] };
  const disk = campaign.disk ?? true;
  const cluster = await startCluster({ disk, failover: electing, proxies: true, env, start });
  const client = new HttpClient();
  const done: Record<string, number> = {};
  const count = (what: string): void => {
    done[what] = (done[what] ?? 0) + 1;
  };
  const world: RoundWorld = { cluster, electing, client, dice, settled: new Map(), earlier: [] };
  const wiped = (id: string): void => world.watchers?.forgive(id);
  const context: FaultContext = { cluster, dice, count, wiped };
  let calls = 0;
  try {
    for (let number = 1; number <= rounds; number += 1) {
      const { faults, quorums } = drawFaults(context, {
        electing,
        wanted: campaign.first?.[number - 1],
      });
      const names = faults.map(({ name }) => name).join("; ");
      log(`round ${number} of ${rounds}: ${names}`);
      const pausesMs = [dice.whole(200, 800), dice.whole(0, 500), dice.whole(300, 2500)] as const;
      const plan = { number, faults, quorums, pausesMs, clients: dice.whole(4, 24) };
      const mode = electing ? " --failover" : "";
      const { earlier } = world;
      const report = await guarded({
        cluster,
        seed,
        mode,
        names,
        earlier,
        run: () => runRound(world, plan),
      });
      calls += report.calls;
      log(describe(report));
    }
  } finally {
    client.close();
    await cluster.close();
  }
  return { rounds, calls, done };
}

function drawFaults(
  context: FaultContext,
  how: { readonly electing: boolean; readonly wanted: string | undefined },
): { faults: readonly Fault[]; quorums: readonly [number, number] } {
  const { electing, wanted } = how;
  const menus = electing ? [failoverFaults] : [followerFaults, clusterFaults];
  const makers = wanted === undefined ? drawMakers(context.dice, menus) : [makerOf(wanted, menus)];
  const faults = makers.map((make) => make(context));
  // An acknowledged write with a quorum of 0 has one copy, and a failover may lose it.
  const needsQuorum = electing || faults.some((fault) => fault.needsQuorum);
  return { faults, quorums: [needsQuorum ? 1 : 0, 5] };
}

type Menu = Readonly<Record<string, FaultMaker>>;

/** Faults of the leader or of everybody come alone, and so do those of any node that may lead. */
function drawMakers(dice: Dice, [combined = {}, alone = combined]: Menu[]): readonly FaultMaker[] {
  return alone === combined || dice.chance(0.5)
    ? [dice.pick(Object.values(alone))]
    : dice.sample(Object.values(combined), dice.whole(1, 2));
}

function makerOf(name: string, menus: readonly Menu[]): FaultMaker {
  const known: Menu = Object.assign({}, ...menus);
  const maker = known[name];
  if (maker === undefined) {
    throw new Error(`no fault is called ${name}; known are ${Object.keys(known).join(", ")}`);
  }
  return maker;
}

/** Adds to a failure all that is needed to look into it. */
async function guarded(what: {
  readonly cluster: Cluster;
  readonly seed: number;
  /** More options of the command. */
  readonly mode: string;
  readonly names: string;
  readonly earlier: readonly Call[];
  readonly run: () => Promise<RoundReport>;
}): Promise<RoundReport> {
  try {
    return await what.run();
  } catch (error) {
    const history = error instanceof Broken ? error.history : [];
    const folder = keep(what.cluster, [...what.earlier, ...history]);
    const reason = error instanceof Error ? error.message : String(error);
    const message = [
      reason,
      `seed ${what.seed}, in the round of: ${what.names}`,
      `history and logs: ${folder}`,
      `again: npm run test:faults -- --seed ${what.seed}${what.mode}`,
      what.cluster.logTails(15),
    ];
    throw new Error(message.join("\n"), { cause: error });
  }
}

/** Puts the history and the whole logs where they outlive the test. */
function keep(cluster: Cluster, history: readonly Call[]): string {
  const folder = mkdtempSync(join(tmpdir(), "kv-failure-"));
  writeFileSync(
    join(folder, "history.jsonl"),
    history.map((call) => JSON.stringify(call)).join("\n"),
  );
  for (const node of cluster.nodes) {
    writeFileSync(join(folder, `${node.id}.log`), node.logTail(Number.POSITIVE_INFINITY));
  }
  return folder;
}

function describe({ calls, counts, pages, told, convergedInMs, sequence }: RoundReport): string {
  const tally = Object.entries(counts).map(([what, number]) => `${number} ${what}`);
  return (
    `  ${calls} calls linearizable (${tally.join(", ")}), ${pages} follower pages, ${told} watched, ` +
    `one digest at sequence ${sequence} ${Math.round(convergedInMs)} ms after healing`
  );
}
