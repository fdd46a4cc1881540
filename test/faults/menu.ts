/** The faults that a round can draw, each with the way back. */
import { setTimeout as wait } from "node:timers/promises";
import type { Cluster } from "../support/cluster.ts";
import type { NodeProcess } from "../support/node-process.ts";
import type { Dice } from "../support/random.ts";
import type { Treatment } from "../support/tcp-proxy.ts";

export interface Fault {
  /** In a few words, for the log. */
  readonly name: string;
  /** Bytes that every value of the workload should have, if the fault feeds on them. */
  readonly valueBytes?: number;
  /**
   * With quorum 0 the leader's disk holds the only copy, and nobody promises that it survives the
   * loss of that disk.
   */
  readonly needsQuorum?: boolean;
  /** Others can be elected, and take writes, while it lasts. */
  readonly goesOn?: boolean;
  begin(): Promise<void>;
  heal(): Promise<void>;
}

export interface FaultContext {
  readonly cluster: Cluster;
  readonly dice: Dice;
  /** Called when a node's disk is taken away. */
  readonly wiped: (id: string) => void;
  /** Counts what was done, for the report. */
  readonly count: (what: string) => void;
}

export type FaultMaker = (context: FaultContext) => Fault;

/** Faults that may be combined: each leaves the rest of the cluster as it was. */
export const followerFaults: Readonly<Record<string, FaultMaker>> = {
  killFollowers: ({ cluster, dice, count }) =>
    killing(dice.sample(cluster.followers, dice.whole(1, 3)), count),
  freezeFollowers: ({ cluster, dice, count }) =>
    freezing(dice.sample(cluster.followers, dice.whole(1, 3)), count),
  cutLinks({ cluster, dice, count }) {
    const followers = dice.sample(cluster.followers, dice.whole(1, 3));
    const refuse = dice.chance(0.7);
    return onLinks(cluster, followers, {
      name: refuse ? "cut, and keep cut, the link to" : "break the connection to",
      begin(link) {
        count("links cut");
        link.cut({ refuse });
      },
    });
  },
  slowLinks({ cluster, dice, count }) {
    const followers = dice.sample(cluster.followers, dice.whole(1, 5));
    const treatment: Treatment = dice.pick([
      { delayMs: dice.whole(20, 300) },
      { bytesPerSecond: dice.whole(5_000, 50_000) },
    ]);
    return treatLinks({ cluster, followers, treatment, dice, count });
  },
  silentLinks({ cluster, dice, count }) {
    const followers = dice.sample(cluster.followers, dice.whole(1, 3));
    return treatLinks({ cluster, followers, treatment: { hold: true }, dice, count });
  },
  wipeFollower({ cluster, dice, wiped, count }) {
    const follower = dice.pick(cluster.followers);
    return wiping(follower, { wiped, count });
  },
  changeQuorum({ cluster, dice, count }) {
    const writeQuorum = dice.pick([1, 2, 4, 5]);
    return {
      name: `write quorum ${writeQuorum}`,
      async begin() {
        count("quorums changed");
        await configure(cluster.leader, { writeQuorum });
      },
      heal: () => configure(cluster.leader, { writeQuorum: 3 }),
    };
  },
  fillFollowerDisk({ cluster, dice, count }) {
    return filling(cluster, dice.pick(cluster.followers), count);
  },
};

/** Faults of the leader or of everybody, which come alone. */
export const clusterFaults: Readonly<Record<string, FaultMaker>> = {
  killLeader: ({ cluster, count }) => killing([cluster.leader], count),
  freezeLeader: ({ cluster, count }) => freezing([cluster.leader], count),
  killAll: ({ cluster, count }) => killing(cluster.nodes, count),
  freezeAll: ({ cluster, count }) => freezing(cluster.nodes, count),
  wipeLeader: ({ cluster, wiped, count }) => wiping(cluster.leader, { wiped, count }),
  fillLeaderDisk: ({ cluster, count }) => filling(cluster, cluster.leader, count),
  /** The leader dies again while it is still getting up. */
  killLeaderTwice: ({ cluster, dice, count }) =>
    relapsing(cluster.leader, killing([cluster.leader], count), dice.whole(300, 2500)),
  wipeLeaderTwice: ({ cluster, dice, wiped, count }) =>
    relapsing(cluster.leader, wiping(cluster.leader, { wiped, count }), dice.whole(300, 2500)),
  /** What was acknowledged survives in the logs of the followers alone. */
  killAllWipeLeader({ cluster, wiped, count }) {
    const all = killing(cluster.nodes, count);
    return {
      name: `${all.name}, and wipe the leader's disk`,
      needsQuorum: true,
      async begin() {
        await all.begin();
        count("disks wiped");
        cluster.leader.wipe();
        wiped("leader");
      },
      heal: all.heal,
    };
  },
};

export type Count = FaultContext["count"];

const FILLING_MS_MAX = 8000;

export const named = (nodes: readonly NodeProcess[]): string =>
  nodes.map(({ id }) => id).join(", ");

export function killing(nodes: readonly NodeProcess[], count: Count): Fault {
  return {
    name: `kill -9 ${named(nodes)}`,
    async begin() {
      for (const _ of nodes) {
        count("kill -9");
      }
      await Promise.all(nodes.map((node) => node.kill()));
    },
    async heal() {
      await restart(nodes);
    },
  };
}

export function freezing(nodes: readonly NodeProcess[], count: Count): Fault {
  return {
    name: `SIGSTOP ${named(nodes)}`,
    async begin() {
      for (const node of nodes) {
        count("SIGSTOP");
        node.freeze();
      }
    },
    async heal() {
      for (const node of nodes) {
        node.thaw();
      }
    },
  };
}

export function wiping(node: NodeProcess, tell: Pick<FaultContext, "wiped" | "count">): Fault {
  return {
    name: `kill -9 ${node.id} and wipe its disk`,
    needsQuorum: node.id === "leader",
    async begin() {
      tell.count("kill -9");
      tell.count("disks wiped");
      await node.kill();
      node.wipe();
      tell.wiped(node.id);
    },
    heal: () => restart([node]),
  };
}

/** After the fault, the node starts, and suffers the same again before it is done. */
function relapsing(node: NodeProcess, fault: Fault, afterMs: number): Fault {
  return {
    ...fault,
    name: `${fault.name}, start it, and again after ${afterMs} ms`,
    async begin() {
      await fault.begin();
      node.start();
      await wait(afterMs);
      await fault.begin();
    },
  };
}

export async function configure(leader: NodeProcess, settings: object): Promise<void> {
  const response = await fetch(`${leader.url}/config`, {
    method: "PATCH",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(settings),
  });
  if (!response.ok) {
    throw new Error(`settings were refused: ${await response.text()}`);
  }
}

/** No file of the node can grow any more, until room is made again. */
export function filling(cluster: Cluster, node: NodeProcess, count: Count): Fault {
  return {
    name: `fill the disk of ${node.id}`,
    valueBytes: 20_000,
    async begin() {
      await node.limitFiles(node.largestFileBytes());
      const leader = (await cluster.whoLeads()) ?? cluster.leader;
      const isFull = await writeUntilFull(leader, node);
      count(isFull ? "disks filled" : "disks limited, but not filled");
    },
    heal: () => node.freeDisk(),
  };
}

/**
 * Takes what free pages the files still have, until the node says that it cannot flush. A follower
 * behind a broken link may not get that far; false then.
 */
async function writeUntilFull(leader: NodeProcess, node: NodeProcess): Promise<boolean> {
  const body = JSON.stringify({ key: "filler", value: ".".repeat(500_000), quorum: 0 });
  const headers = { "content-type": "application/json" };
  const giveUpAt = performance.now() + FILLING_MS_MAX;
  while (performance.now() < giveUpAt) {
    const written = await fetch(`${leader.url}/write`, { method: "PUT", headers, body });
    await written.arrayBuffer();
    const ready = await fetch(`${node.url}/readyz`);
    if ((await ready.text()).includes("storage cannot flush")) {
      return true;
    }
  }
  return false;
}

async function restart(nodes: readonly NodeProcess[]): Promise<void> {
  for (const node of nodes) {
    // Another fault of the round may have taken, and brought back, the same node.
    if (!node.isRunning) {
      node.start();
    }
  }
}

function treatLinks(what: {
  readonly cluster: Cluster;
  readonly followers: readonly NodeProcess[];
  readonly treatment: Treatment;
  readonly dice: Dice;
  readonly count: Count;
}): Fault {
  const { treatment } = what;
  const way = what.dice.pick(["both ways", "forth", "back"] as const);
  return onLinks(what.cluster, what.followers, {
    name: `${JSON.stringify(treatment)} ${way} on the link to`,
    begin(link) {
      what.count("links slowed or silenced");
      link.treat({
        ...(way === "back" ? {} : { forth: treatment }),
        ...(way === "forth" ? {} : { back: treatment }),
      });
    },
  });
}

function onLinks(
  cluster: Cluster,
  followers: readonly NodeProcess[],
  fault: { readonly name: string; begin(link: ReturnType<Cluster["link"]>): void },
): Fault {
  const links = followers.map(({ id }) => cluster.link(id));
  return {
    name: `${fault.name} ${named(followers)}`,
    async begin() {
      for (const link of links) {
        fault.begin(link);
      }
    },
    async heal() {
      for (const link of links) {
        link.heal();
      }
    },
  };
}
