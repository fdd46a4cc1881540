/** Everything that a seed may do to a cluster in which any node may lead, by name. */
import type { NodeId } from "../../replication/types.ts";
import type { Faulty } from "./faults.ts";

type Fault = (run: Faulty) => void;

const anyNode = ({ cluster }: Faulty): NodeId => cluster.chance.pick(cluster.ids);
/** Some node that claims to lead, or just any. */
const aLeader = ({ cluster }: Faulty): NodeId => {
  const { leaders, ids, chance } = cluster;
  return chance.pick(leaders.length === 0 ? ids : leaders);
};

export const electionFaults: Readonly<Record<string, Fault>> = {
  "crash a node": (run) => run.crash(anyNode(run), 1_500),
  "crash a node for long": (run) => run.crash(anyNode(run), 5_000),
  "crash whoever leads": (run) => run.crash(aLeader(run), 2_000),
  "crash whoever leads and restart it at once": (run) => run.crash(aLeader(run), 2),
  "crash some of all nodes": (run) => {
    for (const id of run.cluster.ids) if (run.cluster.chance.happens(0.5)) run.crash(id, 600);
  },
  "crash every node": (run) => {
    for (const id of run.cluster.ids) run.crash(id, 300);
  },
  "shut any node down": (run) => run.shutDown(anyNode(run)),
  "shut down whoever leads": (run) => run.shutDown(aLeader(run)),
  "hand leadership over": (run) => handOver(run),
  "hand leadership over, and crash one of the two": (run) => {
    const { leader, to } = handOver(run);
    const victim = run.cluster.chance.pick([leader, to]);
    run.later(0, 60, () => run.crash(victim, 800));
  },
  "hand leadership over, and cut one of the two off": (run) => {
    const { leader, to } = handOver(run);
    const victim = run.cluster.chance.pick([leader, to]);
    run.later(0, 20, () => cut(run, [victim], { lastsMs: 2_000 }));
  },
  "hand leadership over twice at once": (run) => {
    const { leader } = handOver(run);
    run.later(0, 20, () => run.handOver(leader, anyNode(run)));
  },
  "wipe a node": (run) => run.wipe(anyNode(run)),
  "wipe whoever leads": (run) => run.wipe(aLeader(run)),
  "wipe a node after a promise": (run) => {
    const victim = anyNode(run);
    run.crash(aLeader(run), 400);
    run.later(1, 400, () => run.wipe(victim));
  },
  "freeze any node": (run) => freeze(run, anyNode(run), { low: 10, high: 2_500 }),
  "freeze whoever leads through an election": (run) => {
    const { electionTimeoutMs: timeout = 1_000 } = run.cluster.settings;
    freeze(run, aLeader(run), { low: timeout, high: 3 * timeout });
  },
  "reset some streams": (run) => resetSome(run),
  "cut the cluster in two": (run) => {
    const { chance, ids } = run.cluster;
    const some = ids.filter(() => chance.happens(0.5));
    cut(run, some, { lastsMs: 3_000 });
  },
  "cut one node off": (run) => cut(run, [anyNode(run)], { lastsMs: 2_500 }),
  "cut off whoever leads": (run) => cut(run, [aLeader(run)], { lastsMs: 4_000 }),
  "cut single wires": (run) => {
    const { chance, network, ids, coverage } = run.cluster;
    for (const from of ids)
      for (const to of ids) {
        if (from === to || !chance.happens(0.2)) continue;
        network.cut([from], [to]);
        coverage.met("wire cut one way");
        run.later(10, 2_500, () => network.join([from], [to]));
      }
  },
  "slow all wires of a node": (run) => {
    const { network, chance } = run.cluster;
    const id = anyNode(run);
    network.around(id, { maxMs: chance.between(1, 400) });
    run.later(10, 1_500, () => network.around(id, { maxMs: 0.5 }));
  },
  "make the wires of a node unruly": (run) => {
    const { network } = run.cluster;
    const id = anyNode(run);
    network.around(id, { reorder: 0.5, duplicate: 0.3, drop: 0.01 });
    run.later(10, 2_000, () => network.around(id, { reorder: 0, duplicate: 0, drop: 0 }));
  },
  "lose polls and votes": (run) => {
    const { network, chance } = run.cluster;
    const share = chance.between(0.1, 0.9);
    network.loses = ({ type }) => (type === "poll" || type === "vote") && chance.happens(share);
    run.later(100, 2_000, () => {
      network.loses = () => false;
    });
  },
  "fill the disk of a node": (run) => {
    const { disk } = run.cluster.member(anyNode(run));
    disk.fail("no space left on device (ENOSPC)");
    run.later(10, 1_500, () => disk.fail(undefined));
  },
  "fill the disk of whoever leads": (run) => {
    const { disk } = run.cluster.member(aLeader(run));
    disk.fail("no space left on device (ENOSPC)");
    run.later(10, 2_500, () => disk.fail(undefined));
  },
  "slow the disk of a node": (run) => {
    const { disk } = run.cluster.member(anyNode(run));
    disk.slow(run.cluster.chance.between(1, 100));
    run.later(10, 1_500, () => disk.slow(0.3));
  },
  "change the quorum": (run) => {
    const { chance, settings } = run.cluster;
    const maxDelay = chance.pick([0, 0, 50]);
    run.cluster.configure({
      writeQuorum: chance.whole(1, settings.followers),
      minDelay: 0,
      maxDelay,
    });
  },
  "change the quorum and crash whoever leads": (run) => {
    const { chance, settings } = run.cluster;
    run.cluster.configure({ writeQuorum: chance.whole(1, settings.followers) });
    run.later(0, 30, () => run.crash(aLeader(run), 500));
  },
  "two candidates at once": (run) => {
    const { network, ids, chance, node } = {
      ...run.cluster,
      node: (id: NodeId) => run.cluster.node(id),
    };
    const leader = aLeader(run);
    const epoch = node(leader)?.position().epoch ?? 0;
    for (const id of ids)
      if (id !== leader && chance.happens(0.5))
        network.inject(leader, id, { type: "stand", epoch, to: id, released: false });
  },
  "writes that rest on each other": (run) => run.writeChain(),
};

export const electionFaultNames = Object.keys(electionFaults);

/** Most often to a node that it can go to: whoever else runs. */
function handOver(run: Faulty): { readonly leader: NodeId; readonly to: NodeId } {
  const { chance, ids, leader: choice } = run.cluster;
  const leader = aLeader(run);
  const others = ids.filter((id) => id !== leader && run.cluster.node(id) !== undefined);
  const isToChoice = chance.happens(0.2);
  const to = isToChoice ? choice : chance.pick(others.length === 0 ? ids : others);
  run.handOver(leader, isToChoice ? undefined : to);
  return { leader, to };
}

function freeze({ cluster }: Faulty, id: NodeId, ms: { low: number; high: number }): void {
  const { process } = cluster.member(id);
  if (process === undefined) return;
  const until = cluster.time.now() + cluster.chance.between(ms.low, ms.high);
  process.clock.frozenUntil = Math.max(process.clock.frozenUntil, until);
}

/** Breaks all streams of some nodes. */
export function resetSome({ cluster: { ids, chance, network } }: Faulty): void {
  for (const id of ids) if (chance.happens(0.5)) network.reset(id);
}

/** Between these nodes and the others, in one direction or both. */
function cut(run: Faulty, some: readonly NodeId[], { lastsMs }: { lastsMs: number }): void {
  const { network, chance, coverage, ids } = run.cluster;
  const others = ids.filter((id) => !some.includes(id));
  const ways = chance.pick(["both", "both", "both", "out", "in"]);
  if (ways !== "in") network.cut(some, others);
  if (ways !== "out") network.cut(others, some);
  coverage.met(ways === "both" ? "wire cut both ways" : "wire cut one way");
  // Who notices at once need not wait for an election timeout.
  if (chance.happens(0.3)) for (const id of others) network.reset(id);
  run.later(10, lastsMs, () => {
    network.join(some, others);
    network.join(others, some);
    if (chance.happens(0.5)) resetSome(run);
  });
}
