/** The faults of a cluster in which any node may lead: whoever leads when they begin is aimed at. */
import { setTimeout as wait } from "node:timers/promises";
import type { Cluster } from "../support/cluster.ts";
import type { NodeProcess } from "../support/node-process.ts";
import type { Dice } from "../support/random.ts";
import type { TcpProxy, Treatment } from "../support/tcp-proxy.ts";
import {
  type Count,
  configure,
  type Fault,
  type FaultMaker,
  filling,
  freezing,
  killing,
  named,
  wiping,
} from "./menu.ts";

const CONFIGURE_ATTEMPTS = 20;

/** Each comes alone. One lost node leaves enough to elect another leader, whatever the quorums. */
export const failoverFaults: Readonly<Record<string, FaultMaker>> = {
  killActing: ({ cluster, count }) =>
    aimed(cluster, "kill -9 the acting leader", (leader) => killing([leader], count)),
  killOne: ({ cluster, dice, count }) => goesOn(killing([dice.pick(cluster.nodes)], count)),
  killSome: ({ cluster, dice, count }) =>
    killing(dice.sample(cluster.nodes, dice.whole(2, 4)), count),
  killAll: ({ cluster, count }) => killing(cluster.nodes, count),
  killSuccessor: ({ cluster, dice, count }) =>
    inTurn("kill -9 the acting leader, and whoever follows it", dice.whole(100, 2500), [
      aimed(cluster, "", (leader) => killing([leader], count)),
      aimed(cluster, "", (leader) => killing([leader], count)),
    ]),
  freezeActing: ({ cluster, count }) =>
    aimed(cluster, "SIGSTOP the acting leader", (leader) => freezing([leader], count)),
  freezeSome: ({ cluster, dice, count }) =>
    freezing(dice.sample(cluster.nodes, dice.whole(1, 4)), count),
  freezeAll: ({ cluster, count }) => freezing(cluster.nodes, count),
  /** So short that it may come back while another is being elected. */
  blinkActing: ({ cluster, dice, count }) =>
    blinking(
      aimed(cluster, "SIGSTOP the acting leader", (leader) => freezing([leader], count)),
      { times: dice.whole(1, 4), forMs: dice.whole(300, 1800) },
    ),
  cutActing: ({ cluster, dice, count }) => {
    const how = drawCut(dice);
    return aimed(cluster, `${how.name} all links of the acting leader`, (leader) =>
      partition(cluster, [leader], { how, count }),
    );
  },
  muteActing: ({ cluster, dice, count }) => {
    const way = dice.pick(["from", "to"] as const);
    return aimed(cluster, `hold all that goes ${way} the acting leader`, (leader) =>
      oneWay(cluster, leader, { way, count }),
    );
  },
  partition: ({ cluster, dice, count }) =>
    partition(cluster, dice.sample(cluster.nodes, dice.whole(1, 3)), {
      how: drawCut(dice),
      count,
    }),
  /** Not sets that see each other: any links at all. */
  cutLinks: ({ cluster, dice, count }) => {
    const how = drawCut(dice);
    const ways = dice.sample(waysBetween(cluster.nodes, cluster.nodes), dice.whole(3, 20));
    return onWays(cluster, ways, { name: `${how.name} ${ways.length} links`, how, count });
  },
  slowLinks: ({ cluster, dice, count }) => {
    const delayMs = dice.whole(20, 400);
    const how = { name: `slow by ${delayMs} ms`, treatment: { delayMs } };
    const ways = dice.sample(waysBetween(cluster.nodes, cluster.nodes), dice.whole(3, 30));
    return onWays(cluster, ways, { name: `${how.name} ${ways.length} links`, how, count });
  },
  wipeActing: ({ cluster, wiped, count }) =>
    aimed(cluster, "wipe the disk of the acting leader", (leader) =>
      wiping(leader, { wiped, count }),
    ),
  wipeOne: ({ cluster, dice, wiped, count }) =>
    goesOn(wiping(dice.pick(cluster.nodes), { wiped, count })),
  killAllWipeOne: ({ cluster, dice, wiped, count }) => {
    const all = killing(cluster.nodes, count);
    const node = dice.pick(cluster.nodes);
    return {
      name: `kill -9 all, and wipe the disk of ${node.id}`,
      async begin() {
        await all.begin();
        count("disks wiped");
        node.wipe();
        wiped(node.id);
      },
      heal: all.heal,
    };
  },
  fillActing: ({ cluster, count }) => ({
    ...aimed(cluster, "fill the disk of the acting leader", (leader) =>
      filling(cluster, leader, count),
    ),
    valueBytes: 20_000,
  }),
  changeQuorum: ({ cluster, dice, count }) =>
    inTurn(`change the write quorum, and kill -9 the acting leader`, dice.whole(0, 50), [
      choosing(cluster, dice.pick([1, 2, 4, 5]), count),
      aimed(cluster, "", (leader) => killing([leader], count)),
    ]),
  handOver: ({ cluster, dice, count }) => {
    const times = dice.whole(2, 6);
    return {
      name: `hand leadership over ${times} times`,
      goesOn: true,
      async begin() {
        for (let time = 0; time < times; time += 1) {
          const acting = await cluster.untilLed();
          const to = dice.pick(cluster.nodes.filter((node) => node !== acting));
          count((await handOver(acting, to)) ? "handovers" : "handovers refused");
          await wait(dice.whole(0, 400));
        }
      },
      heal: async () => undefined,
    };
  },
  rollingRestart: ({ cluster, dice, count }) => ({
    name: "restart all, one by one",
    async begin() {
      for (const node of dice.sample(cluster.nodes, cluster.nodes.length)) {
        count("SIGTERM");
        await node.stop();
        node.start();
        await node.untilReady();
      }
    },
    heal: async () => undefined,
  }),
};

/** False: the leader refused, or has been replaced meanwhile. */
async function handOver(leader: NodeProcess, to: NodeProcess): Promise<boolean> {
  const response = await fetch(`${leader.url}/leader`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ to: to.id }),
  });
  await response.arrayBuffer();
  return response.ok;
}

const goesOn = (fault: Fault): Fault => ({ ...fault, goesOn: true });

/** What it does depends on who leads when it begins. */
function aimed(cluster: Cluster, name: string, make: (leader: NodeProcess) => Fault): Fault {
  let fault: Fault | undefined;
  return {
    name,
    goesOn: true,
    async begin() {
      fault = make(await cluster.untilLed());
      await fault.begin();
    },
    async heal() {
      await fault?.heal();
    },
  };
}

/** Two of them lost at once may be more than can be lost. */
function inTurn(name: string, betweenMs: number, faults: readonly Fault[]): Fault {
  return {
    name,
    async begin() {
      for (const [index, fault] of faults.entries()) {
        await wait(index === 0 ? 0 : betweenMs);
        await fault.begin();
      }
    },
    async heal() {
      for (const fault of faults.toReversed()) {
        await fault.heal();
      }
    },
  };
}

function blinking(fault: Fault, how: { readonly times: number; readonly forMs: number }): Fault {
  return {
    ...fault,
    name: `${how.times} times, for ${how.forMs} ms: ${fault.name}`,
    async begin() {
      for (let time = 0; time < how.times; time += 1) {
        await fault.begin();
        await wait(how.forMs);
        await fault.heal();
      }
    },
  };
}

function choosing(cluster: Cluster, writeQuorum: number, count: Count): Fault {
  return {
    name: `write quorum ${writeQuorum}`,
    async begin() {
      count("quorums changed");
      await configureLeader(cluster, { writeQuorum });
    },
    heal: () => configureLeader(cluster, { writeQuorum: 3 }),
  };
}

/** A leader may be replaced between the question who leads and the change. */
async function configureLeader(cluster: Cluster, settings: object): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await configure(await cluster.untilLed(), settings);
      return;
    } catch (error) {
      if (attempt === CONFIGURE_ATTEMPTS) {
        throw error;
      }
      await wait(100);
    }
  }
}

// --- links -------------------------------------------------------------------------------------

interface Way {
  readonly from: string;
  readonly to: string;
}

/** Broken and refused, or held up without anybody being told. */
export interface Cut {
  readonly name: string;
  /** Absent: broken. */
  readonly treatment?: Treatment;
}

const drawCut = (dice: Dice): Cut =>
  dice.chance(0.5) ? { name: "break" } : { name: "hold up", treatment: { hold: true } };

const waysBetween = (ones: readonly NodeProcess[], others: readonly NodeProcess[]): Way[] =>
  ones.flatMap(({ id: from }) =>
    others.filter(({ id }) => id !== from).map(({ id: to }) => ({ from, to })),
  );

/** No message passes between these nodes and the rest, in neither direction. */
export function partition(
  cluster: Cluster,
  side: readonly NodeProcess[],
  { how, count }: { readonly how: Cut; readonly count: Count },
): Fault {
  const rest = cluster.nodes.filter((node) => !side.includes(node));
  const ways = [...waysBetween(side, rest), ...waysBetween(rest, side)];
  const name = `${how.name} all links between ${named(side)} and ${named(rest)}`;
  return { ...onWays(cluster, ways, { name, how, count }), goesOn: side.length === 1 };
}

function onWays(
  cluster: Cluster,
  ways: readonly Way[],
  { name, how, count }: { readonly name: string; readonly how: Cut; readonly count: Count },
): Fault {
  const links = ways.map(({ from, to }) => cluster.link(to, from));
  const { treatment } = how;
  return onLinks(links, name, (link) => {
    count("links cut, held up or slowed");
    if (treatment === undefined) {
      link.cut({ refuse: true });
    } else {
      link.treat({ forth: treatment, back: treatment });
    }
  });
}

/** Whoever opened the stream: nothing reaches the node, or nothing leaves it. */
function oneWay(
  cluster: Cluster,
  node: NodeProcess,
  { way, count }: { readonly way: "from" | "to"; readonly count: Count },
): Fault {
  const others = cluster.nodes.filter((other) => other !== node);
  const opened = new Set(others.map(({ id }) => cluster.link(id, node.id)));
  const accepted = others.map(({ id }) => cluster.link(node.id, id));
  const hold = { hold: true };
  return onLinks([...opened, ...accepted], `hold all that goes ${way} ${node.id}`, (link) => {
    count("links held up one way");
    const isForth = opened.has(link) === (way === "from");
    link.treat(isForth ? { forth: hold } : { back: hold });
  });
}

function onLinks(links: readonly TcpProxy[], name: string, begin: (link: TcpProxy) => void): Fault {
  return {
    name,
    async begin() {
      for (const link of links) {
        begin(link);
      }
    },
    async heal() {
      for (const link of links) {
        link.heal();
      }
    },
  };
}
