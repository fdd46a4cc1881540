/** Directed seeds of clusters in which any node may lead: see scenes.ts. */
import type { NodeId } from "../../replication/types.ts";
import { Violation } from "../world/violation.ts";
import { resetSome } from "./election-faults.ts";
import type { Director, Scene } from "./scenes.ts";

const keys = ["a1", "b1"] as const;
/** Leases allow for two clocks that differ by 5 %: each may be wrong by about half of it. */
export const leaseDrift = 0.024;

const settingsOf: Scene["settings"] = (chance) => {
  const followers = chance.pick([2, 3, 4, 5, 5]);
  return { followers, writeQuorum: chance.whole(1, followers), maxDelay: chance.pick([0, 0, 60]) };
};

export const electionScenes: Readonly<Record<string, Scene>> = {
  "a low write, then the cluster comes apart": {
    settings: settingsOf,
    play: async (run) => {
      const { cluster } = run;
      const { chance, ids, settings } = cluster;
      for (let round = 0; round < 3; round += 1) {
        await awaitLeader(run);
        if (chance.happens(0.5))
          cluster.configure({ writeQuorum: chance.whole(1, settings.followers) });
        // Some of them hear of the low write, or of its note, and some do not.
        const some = ids.filter(() => chance.happens(0.5));
        const isEarly = chance.happens(0.5);
        if (isEarly) split(run, some);
        writeSome(run, 4);
        await run.pass(0, 12);
        if (!isEarly) split(run, some);
        if (chance.happens(0.5)) run.crash(chance.pick(ids), 1_500);
        await lookAround(run, 12, 250);
        join(run);
        await lookAround(run, 3, 60);
        run.wipe(chance.pick(ids));
        await run.pass(100, 800);
      }
    },
  },

  "a promise is lost with its disk": {
    settings: settingsOf,
    play: async (run) => {
      const { cluster } = run;
      const { chance, ids, network } = cluster;
      for (let round = 0; round < 3; round += 1) {
        await awaitLeader(run);
        writeSome(run, 2);
        await run.pass(5, 60);
        const [leader] = cluster.leaders;
        if (leader === undefined) continue;
        const others = ids.filter((id) => id !== leader);
        const candidate = chance.pick(others);
        stand(run, leader, candidate);
        // Only some are heard of it; those may lose what they promised.
        const heard = others.filter((id) => id === candidate || chance.happens(0.5));
        await run.pass(0.5, 3);
        split(run, heard);
        await run.pass(1, 60);
        network.cut([candidate], ids);
        network.cut(ids, [candidate]);
        const forgetful = heard.filter((id) => id !== candidate && chance.happens(0.7));
        for (const id of forgetful) run.wipe(id);
        const rest = ids.filter((id) => id !== candidate);
        network.join(rest, rest);
        for (const id of forgetful) run.start(id);
        await lookAround(run, 8, chance.pick([80, 600]));
        join(run);
        await lookAround(run, 4, 100);
      }
    },
  },

  "leaders stand still while others lead": {
    settings: settingsOf,
    play: async (run) => {
      const { cluster } = run;
      const { chance, settings } = cluster;
      const { electionTimeoutMs: timeoutMs = 1_000 } = settings;
      for (let round = 0; round < 3; round += 1) {
        await awaitLeader(run);
        writeSome(run, 3);
        await run.pass(0, 30);
        for (const id of cluster.leaders) {
          const { process } = cluster.member(id);
          if (process === undefined) continue;
          process.clock.frozenUntil = cluster.time.now() + chance.between(0.5, 4) * timeoutMs;
          if (chance.happens(0.3)) cluster.member(id).disk.slow(chance.between(1, 60));
        }
        if (chance.happens(0.3)) split(run, [chance.pick(cluster.ids)]);
        await lookAround(run, 16, timeoutMs / 3);
        for (const { disk } of cluster.members.values()) disk.slow(0.3);
        join(run);
        await lookAround(run, 4, 40);
      }
    },
  },

  "leadership goes round while writes rest on each other": {
    settings: settingsOf,
    play: async (run) => {
      const { cluster } = run;
      const { chance, ids } = cluster;
      await awaitLeader(run);
      for (let round = chance.whole(4, 12); round > 0; round -= 1) {
        writeSome(run, 3);
        if (chance.happens(0.3)) run.writeChain();
        await run.pass(0, 40);
        for (const leader of cluster.leaders)
          for (const id of ids)
            if (id !== leader && chance.happens(1.3 / ids.length)) stand(run, leader, id);
        if (chance.happens(0.2)) resetSome(run);
        if (chance.happens(0.2)) run.crash(chance.pick(ids), 200);
        await lookAround(run, 3, 25);
      }
    },
  },

  "a leader reads by its lease while others want to lead": {
    settings: (chance) => {
      const followers = chance.pick([2, 2, 3, 4, 4]);
      const writeQuorum = Math.floor((followers + 1) / 2);
      return { followers, writeQuorum, maxDelay: 0, readLease: true, drift: leaseDrift };
    },
    play: async (run) => {
      const { cluster } = run;
      const { chance, ids, network } = cluster;
      for (let round = 0; round < 4; round += 1) {
        await awaitLeader(run);
        const [leader] = cluster.leaders;
        if (leader === undefined) continue;
        const wireMs = chance.pick([0.3, 0.3, chance.between(10, 250)]);
        // Its questions arrive sooner than their answers, or not.
        const ways = chance.pick(["both", "there"] as const);
        network.around(leader, { minMs: wireMs, maxMs: wireMs }, ways);
        await run.pass(300, 700);
        const others = ids.filter((id) => id !== leader);
        if (chance.happens(0.4)) await crashInAFlush(run, chance.pick(others), wireMs);
        writeSome(run, 2);
        await run.pass(4 * wireMs, 4 * wireMs + 30);
        // These will elect one of them, with or without those that still hear the leader.
        const candidate = chance.pick(others);
        const away = others.filter((id) => id === candidate || chance.happens(0.8));
        if (chance.happens(0.2)) void cluster.node(leader)?.handOver(candidate);
        else stand(run, leader, candidate);
        await run.pass(1, ways === "both" ? wireMs + 2 : 2);
        // What they had answered may still arrive.
        const stay = others.filter((id) => !away.includes(id));
        split(run, [leader, ...stay], chance.pick(["both", "out"] as const));
        if (chance.happens(0.3)) restartSome(run, away);
        if (chance.happens(0.3)) freeze(run, leader, chance.between(100, 700));
        for (let look = 0; look < 60; look += 1) {
          await run.pass(3, 15);
          for (const id of cluster.leaders) run.read("a1", id);
          if (cluster.leaders.length > 1) run.write({ key: "a1", timeoutMs: 300 });
        }
        network.around(leader, { minMs: 0.1, maxMs: 0.5 });
        join(run);
        await lookAround(run, 3, 40);
      }
    },
  },

  "a link heals, and nobody is deposed": {
    settings: (chance) => {
      const followers = chance.pick([2, 3, 4, 5]);
      return { followers, writeQuorum: 1, maxDelay: 0 };
    },
    play: async (run) => {
      const { cluster } = run;
      const { chance, settings } = cluster;
      const { electionTimeoutMs: timeoutMs = 1_000 } = settings;
      await awaitLeader(run);
      await run.pass(200, 400);
      const [leader] = cluster.leaders;
      if (leader === undefined) return;
      const epoch = cluster.node(leader)?.position().epoch;
      const away = chance.pick(cluster.ids.filter((id) => id !== leader));
      for (let round = chance.whole(1, 3); round > 0; round -= 1) {
        split(run, [away], chance.pick(["both", "out", "in"] as const));
        await lookAround(run, 6, timeoutMs);
        join(run);
        if (chance.happens(0.5)) cluster.network.reset(away);
        await lookAround(run, 3, 30);
      }
      await run.pass(3 * timeoutMs, 3 * timeoutMs);
      run.mustStillLead(leader, epoch ?? 0);
    },
  },

  "leadership is handed over at ease": {
    settings: settingsOf,
    play: async (run) => {
      const { cluster } = run;
      const { chance, ids } = cluster;
      await awaitLeader(run);
      for (let round = chance.whole(2, 5); round > 0; round -= 1) {
        await awaitAllLive(run);
        const [leader] = cluster.leaders;
        if (leader === undefined) throw new Violation("nobody leads although nothing happened");
        writeSome(run, 6, { certain: true });
        await run.pass(0, 30);
        const to = chance.pick(ids.filter((id) => id !== leader));
        run.later(0, 20, () => writeSome(run, 6, { certain: true }));
        await run.mustHandOver(leader, to);
        writeSome(run, 4);
        await run.pass(0, 300);
      }
    },
  },

  "the leader of choice gets its place back": {
    settings: (chance) => ({ ...settingsOf(chance), electionTimeoutMs: 300 }),
    play: async (run) => {
      const { cluster } = run;
      const { chance, leader: choice } = cluster;
      await awaitLeader(run);
      await run.pass(0, 300);
      // It comes back, perhaps without its disk, or may follow from the beginning.
      if (cluster.leaders.includes(choice)) run.crash(choice, 600);
      if (chance.happens(0.3)) run.wipe(choice);
      await run.pass(2_000, 3_000);
      await awaitAllLive(run);
      const isCalm = chance.happens(0.5);
      await lookAround(run, 20, isCalm ? 1_000 : chance.between(300, 500));
      if (isCalm) {
        await run.pass(4_000, 5_000);
        if (!cluster.leaders.includes(choice))
          throw new Violation(`${choice} is there, and does not get its place back`);
        cluster.coverage.met("leadership handed back");
        return;
      }
      // About now.
      for (let look = 24; look > 0; look -= 1) {
        await run.pass(0, 500);
        if (chance.happens(0.1)) disturb(run);
        writeSome(run, 2);
      }
    },
  },
};

export const electionSceneNames = Object.keys(electionScenes);

async function awaitLeader(run: Director): Promise<void> {
  for (let look = 0; look < 40 && run.cluster.leaders.length === 0; look += 1)
    await run.pass(100, 100);
}

/** Every node runs, and whoever leads hears all others. */
async function awaitAllLive(run: Director): Promise<void> {
  const { cluster } = run;
  const areLive = () =>
    cluster.leaders.length === 1 &&
    cluster.leaders.every((id) =>
      cluster
        .node(id)
        ?.cluster()
        .nodes.every(({ state }) => state === "live"),
    );
  for (let look = 0; look < 100 && !areLive(); look += 1) await run.pass(50, 50);
}

/** One of those that may take part in a handover is lost for a while. */
function disturb(run: Director): void {
  const { cluster } = run;
  const { chance, leader: choice } = cluster;
  const victim = chance.pick([choice, ...cluster.leaders]);
  const deed = chance.pick(["crash", "shut down", "reset", "cut"]);
  if (deed === "crash") run.crash(victim, 1_000);
  else if (deed === "shut down") run.shutDown(victim);
  else if (deed === "reset") cluster.network.reset(victim);
  else {
    split(run, [victim]);
    run.later(10, 1_500, () => join(run));
  }
}

function writeSome(run: Director, most: number, { certain = false } = {}): void {
  const { chance, settings } = run.cluster;
  for (let left = chance.whole(1, most); left > 0; left -= 1)
    run.write({
      key: chance.pick(keys),
      resting: chance.happens(0.4),
      timeoutMs: certain ? 2_000 : chance.pick([30, 300, 2_000]),
      certain,
      ...(chance.happens(0.4) ? { quorum: chance.whole(1, settings.followers) } : {}),
    });
}

/** Reads and writes at whoever claims to lead, and asks what elections could miss. */
async function lookAround(run: Director, looks: number, stepMs: number): Promise<void> {
  const { cluster } = run;
  for (let look = 0; look < looks; look += 1) {
    await run.pass(stepMs / 4, stepMs);
    for (const id of cluster.leaders) run.read(cluster.chance.pick(keys), id);
    run.couldLose();
    if (cluster.chance.happens(0.5)) writeSome(run, 2);
  }
}

/** They do not know what they lent, and follow or stand at once. */
function restartSome(run: Director, ids: readonly NodeId[]): void {
  for (const id of ids)
    if (run.cluster.chance.happens(0.7)) {
      run.cluster.crash(id);
      run.start(id);
    }
}

/** It has flushed a write, or not, and does not know what it lent. */
async function crashInAFlush(run: Director, id: NodeId, wireMs: number): Promise<void> {
  const { disk } = run.cluster.member(id);
  disk.slow(20);
  for (let left = 3; left > 0; left -= 1) {
    run.write({ key: "b1" });
    await run.pass(wireMs, wireMs + 5);
  }
  run.cluster.crash(id);
  disk.slow(0.3);
  run.start(id);
}

function freeze({ cluster }: Director, id: NodeId, forMs: number): void {
  const { process } = cluster.member(id);
  if (process !== undefined) process.clock.frozenUntil = cluster.time.now() + forMs;
}

function stand({ cluster }: Director, leader: NodeId, id: NodeId): void {
  const epoch = cluster.node(leader)?.position().epoch ?? 0;
  cluster.network.inject(leader, id, { type: "stand", epoch, to: id, released: false });
}

function split(
  { cluster }: Director,
  some: readonly NodeId[],
  ways: "both" | "out" | "in" = "both",
): void {
  const others = cluster.ids.filter((id) => !some.includes(id));
  if (ways !== "in") cluster.network.cut(some, others);
  if (ways !== "out") cluster.network.cut(others, some);
}

function join({ cluster: { network, ids } }: Director): void {
  network.join(ids, ids);
}
