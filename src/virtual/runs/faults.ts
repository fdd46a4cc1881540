/** Everything that a seed may do to a cluster, by name. */
import type { NodeId } from "../../replication/types.ts";
import type { VirtualCluster } from "../world/cluster.ts";
import { drawQuorum } from "../world/settings.ts";

/** What faults are made of. */
export interface Faulty {
  readonly cluster: VirtualCluster;
  /** Does it after a while, unless all heals before. */
  later(lowMs: number, highMs: number, run: () => void): void;
  crash(id: NodeId, downMs: number): void;
  shutDown(id: NodeId): void;
  /** Unless that would lose what the design does not protect. */
  wipe(id: NodeId): void;
  moveLeader(to?: NodeId): void;
  /** The same, except that the present leader goes on as it was; false: that could lose something. */
  moveLeaderUnawares(): boolean;
  /** Asks a node to hand leadership over; without `to`, to the leader of choice. */
  handOver(id: NodeId, to?: NodeId): void;
  /** Some writes, each conditional on the one before. */
  writeChain(): void;
}

type Fault = (run: Faulty) => void;

const anyFollower = ({ cluster }: Faulty): NodeId => cluster.chance.pick(cluster.followers);
const anyNode = ({ cluster }: Faulty): NodeId => cluster.chance.pick(cluster.ids);

export const faults: Readonly<Record<string, Fault>> = {
  "crash a follower": (run) => run.crash(anyFollower(run), 1_500),
  "crash a follower for long": (run) => run.crash(anyFollower(run), 6_000),
  "crash the leader": (run) => run.crash(run.cluster.leader, 400),
  "crash the leader and restart it at once": (run) => run.crash(run.cluster.leader, 2),
  "crash everything": (run) => {
    for (const id of run.cluster.ids) run.crash(id, 300);
  },
  "shut a node down": (run) => run.shutDown(anyNode(run)),
  "wipe a follower": (run) => run.wipe(anyFollower(run)),
  "wipe the leader": (run) => run.wipe(run.cluster.leader),
  "wipe the leader and crash it in its recovery": (run) => {
    run.wipe(run.cluster.leader);
    run.later(1, 60, () => run.crash(run.cluster.leader, 60));
  },
  "wipe the leader behind a few cut wires": (run) => {
    for (const id of run.cluster.followers)
      if (run.cluster.chance.happens(0.4)) cut(run, id, { waysMs: 400, waitMs: 50 });
    run.later(10, 60, () => run.wipe(run.cluster.leader));
  },
  "wipe the leader amid writes that rest on each other": (run) => {
    const { cluster } = run;
    cluster.configure({ minDelay: 0, maxDelay: 40 });
    run.writeChain();
    run.later(2, 30, () => run.wipe(cluster.leader));
  },
  "freeze a node": (run) => {
    const { process } = run.cluster.member(anyNode(run));
    if (process === undefined) return;
    const until = run.cluster.time.now() + run.cluster.chance.between(10, 2_500);
    // What a longer freeze already holds back stays held back.
    process.clock.frozenUntil = Math.max(process.clock.frozenUntil, until);
  },
  "reset a stream": (run) => run.cluster.network.reset(anyFollower(run)),
  "cut a wire": (run) => cut(run, anyFollower(run), { waysMs: 2_500, waitMs: 10 }),
  "cut most wires": (run) => {
    for (const id of run.cluster.followers)
      if (run.cluster.chance.happens(0.7)) cut(run, id, { waysMs: 1_500, waitMs: 10 });
  },
  "slow a wire": (run) => {
    const { network, chance } = run.cluster;
    const id = anyFollower(run);
    network.around(id, { maxMs: chance.between(1, 400) });
    run.later(10, 1_500, () => network.around(id, { maxMs: 0.5 }));
  },
  "make a wire unruly": (run) => {
    const { network } = run.cluster;
    const id = anyFollower(run);
    network.around(id, { reorder: 0.5, duplicate: 0.3, drop: 0.01 });
    run.later(10, 2_000, () => network.around(id, { reorder: 0, duplicate: 0, drop: 0 }));
  },
  "fill a disk": (run) => {
    const { disk } = run.cluster.member(anyNode(run));
    disk.fail("no space left on device (ENOSPC)");
    run.later(10, 1_500, () => disk.fail(undefined));
  },
  "slow a disk": (run) => {
    const { disk } = run.cluster.member(anyNode(run));
    disk.slow(run.cluster.chance.between(1, 100));
    run.later(10, 1_500, () => disk.slow(0.3));
  },
  "change the settings": (run) => {
    const { chance, settings } = run.cluster;
    const maxDelay = chance.pick([0, 0, 50]);
    const writeQuorum = drawQuorum(chance, settings.followers);
    run.cluster.configure({ writeQuorum, minDelay: 0, maxDelay });
  },
  "lead from another node": (run) => run.moveLeader(),
};

export const faultNames = Object.keys(faults);

function cut(
  run: Faulty,
  follower: NodeId,
  { waysMs, waitMs }: { waysMs: number; waitMs: number },
) {
  const { network, chance, coverage } = run.cluster;
  const ways = chance.pick(["both", "both", "there", "back"] as const);
  network.around(follower, { cut: false });
  network.around(follower, { cut: true }, ways);
  coverage.met(ways === "both" ? "wire cut both ways" : "wire cut one way");
  run.later(waitMs, waysMs, () => {
    network.around(follower, { cut: false });
    network.flow();
  });
}
