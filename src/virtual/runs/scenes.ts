/**
 * Directed seeds: scenes that chance alone meets too rarely, each with parameters of the seed. What
 * they have in common is that somebody is told something just before a disk is lost.
 */
import type { NodeId } from "../../replication/types.ts";
import type { Write } from "../clients/writers.ts";
import type { Chance } from "../world/random.ts";
import type { ClusterSettings } from "../world/settings.ts";
import { calmWire } from "../world/stream.ts";
import type { Faulty } from "./faults.ts";

/** What a scene is played with, besides faults. */
export interface Director extends Faulty {
  /** Starts a node that is down, with the cluster's settings or as if another one led. */
  start(id: NodeId, leader?: NodeId): void;
  /** Lets time pass. */
  pass(lowMs: number, highMs: number): Promise<void>;
  /** Writes a new value, or deletes; with `resting` conditional on what is proposed or settled. */
  write(how: Write): void;
  /** At the leader, or at this node if it claims to lead. */
  read(key: string, at?: NodeId): void;
  /** A violation unless this node leads, in this epoch. */
  mustStillLead(id: NodeId, epoch: number): void;
  /** This node leads and hands over to that one; a violation if it does not come to pass. */
  mustHandOver(id: NodeId, to: NodeId): Promise<void>;
  /** Asks what would be lost if the leader's disk were lost now. */
  couldLose(): void;
}

export interface Scene {
  settings(chance: Chance): Partial<ClusterSettings> & { followers: number; writeQuorum: number };
  play(run: Director): Promise<void>;
}

const keys = ["a1", "b1"] as const;

export const scenes: Readonly<Record<string, Scene>> = {
  "writes overtake each other, the leader crashes, its disk is lost": {
    settings: (chance) => {
      const followers = chance.pick([2, 3, 3, 4]);
      const writeQuorum = chance.whole(1, Math.min(2, followers));
      return { followers, writeQuorum, maxDelay: chance.pick([60, 200, 400]) };
    },
    play: async (run) => {
      const { chance, settings } = run.cluster;
      for (let round = 0; round < 3; round += 1) {
        const key = chance.pick(keys);
        run.write({ key });
        await run.pass(1, 1.2 * settings.maxDelay);
        if (chance.happens(0.5)) cutSome(run, 1);
        for (let link = chance.whole(2, 4); link > 0; link -= 1)
          run.write({ key, resting: chance.happens(0.7) });
        await run.pass(1, 6);
        run.crash(run.cluster.leader, 20);
        healAll(run);
        await run.pass(20, 100);
        await lookAround(run, { key, looks: chance.whole(4, 12), stepMs: settings.maxDelay / 4 });
        run.wipe(run.cluster.leader);
        await run.pass(100, 600);
      }
    },
  },

  "few are live when the quorum is low, the others come back late": {
    settings: (chance) => {
      const followers = chance.pick([2, 3, 3, 4]);
      return { followers, writeQuorum: chance.whole(2, followers), maxDelay: 0 };
    },
    play: async (run) => {
      const { cluster } = run;
      const { chance, settings } = cluster;
      for (let round = 0; round < 2; round += 1) {
        for (const id of cluster.followers) if (chance.happens(0.5)) run.crash(id, 900);
        slowSome(run, 3_000);
        const quorum = chance.whole(1, settings.writeQuorum);
        if (chance.happens(0.5)) cluster.configure({ writeQuorum: quorum });
        await run.pass(1, 20);
        for (let left = chance.whole(1, 4); left > 0; left -= 1) {
          run.write({ key: chance.pick(keys), resting: chance.happens(0.3), quorum });
          await run.pass(1, 8);
          run.couldLose();
        }
        await run.pass(1, 1_300);
        if (chance.happens(0.6)) cluster.configure({ writeQuorum: settings.writeQuorum });
        await lookAround(run, { key: "a1", looks: 4, stepMs: 300 });
        run.wipe(cluster.leader);
        await run.pass(100, 600);
      }
    },
  },

  "a low write is on few, then comes a calm": {
    settings: (chance) => {
      const followers = chance.pick([2, 3, 4]);
      return { followers, writeQuorum: chance.whole(2, followers), maxDelay: 0 };
    },
    play: async (run) => {
      const { cluster } = run;
      const { chance, settings } = cluster;
      await run.pass(10, 50);
      run.write({ key: "a1" });
      await run.pass(10, 200);
      slowSome(run, 6_000);
      for (let left = chance.whole(1, 3); left > 0; left -= 1) {
        run.write({ key: "a1", quorum: chance.whole(1, settings.writeQuorum - 1) });
        await run.pass(1, 20);
      }
      // The floor is raised after a second of calm: notes are not delayed, entries are.
      await lookAround(run, { key: "a1", looks: 12, stepMs: 200 });
      run.wipe(cluster.leader);
      await run.pass(100, 600);
    },
  },

  "the quorum is lowered and raised while writes wait": {
    settings: (chance) => {
      const followers = chance.pick([2, 3, 3, 4]);
      return { followers, writeQuorum: chance.whole(2, followers), maxDelay: 0 };
    },
    play: async (run) => {
      const { cluster } = run;
      const { chance, settings } = cluster;
      for (let round = 0; round < 3; round += 1) {
        slowSome(run, 800);
        const explicit = chance.happens(0.2) ? settings.writeQuorum : undefined;
        for (let left = chance.whole(1, 4); left > 0; left -= 1)
          run.write({
            key: chance.pick(keys),
            resting: chance.happens(0.5),
            timeoutMs: chance.pick([20, 2_000]),
            ...(explicit === undefined ? {} : { quorum: explicit }),
          });
        await run.pass(1, 8);
        cluster.configure({ writeQuorum: chance.whole(1, settings.writeQuorum - 1) });
        run.couldLose();
        await lookAround(run, { key: "a1", looks: 6, stepMs: 3 });
        if (chance.happens(0.5)) run.wipe(cluster.leader);
        else {
          await run.pass(1, 1_200);
          cluster.configure({ writeQuorum: settings.writeQuorum });
        }
        await run.pass(100, 1_300);
      }
    },
  },

  "the leader's disk is lost twice, with leftovers in between": {
    settings: (chance) => {
      const followers = chance.pick([3, 3, 4]);
      return { followers, writeQuorum: 2, maxDelay: chance.pick([0, 30, 100]) };
    },
    play: async (run) => {
      const { cluster } = run;
      const { chance, settings } = cluster;
      const writeSome = (most: number) => {
        for (let left = chance.whole(1, most); left > 0; left -= 1)
          run.write({ key: chance.pick(keys), resting: chance.happens(0.6), timeoutMs: 40 });
      };
      for (const key of keys) run.write({ key });
      await run.pass(5, 3 * settings.maxDelay + 20);
      // One follower keeps what nobody else has, and is away while another log grows.
      const keeper = chance.pick(cluster.followers);
      for (const id of cluster.followers) if (id !== keeper) cut(run, id);
      writeSome(4);
      await run.pass(3, settings.maxDelay + 10);
      cluster.crash(keeper);
      healAll(run);
      run.wipe(cluster.leader);
      await run.pass(300, 700);
      const { maxDelay } = settings;
      cluster.configure({ maxDelay: Math.max(maxDelay, chance.pick([0, 20, 80])) });
      for (let burst = chance.whole(1, 3); burst > 0; burst -= 1) {
        writeSome(3);
        await run.pass(2, maxDelay + 20);
        run.read(chance.pick(keys));
      }
      run.start(keeper);
      run.wipe(cluster.leader);
      if (chance.happens(0.3)) run.crash(chance.pick(cluster.followers), 400);
      await run.pass(300, 700);
      for (const key of keys) run.read(key);
    },
  },

  "leadership moves away and back": {
    settings: (chance) => {
      const followers = chance.pick([2, 3, 4]);
      const writeQuorum = chance.whole(1, followers);
      return { followers, writeQuorum, maxDelay: chance.pick([0, 60]) };
    },
    play: async (run) => {
      const { cluster } = run;
      const { chance } = cluster;
      for (let move = chance.whole(2, 5); move > 0; move -= 1) {
        if (chance.happens(0.4)) cutSome(run, 0.5);
        for (let left = chance.whole(1, 4); left > 0; left -= 1)
          run.write({ key: chance.pick(keys), resting: chance.happens(0.5), timeoutMs: 100 });
        await run.pass(1, 150);
        healAll(run);
        run.moveLeader();
        if (chance.happens(0.3)) run.crash(chance.pick(cluster.followers), 800);
        await lookAround(run, { key: chance.pick(keys), looks: 5, stepMs: 100 });
      }
    },
  },

  "a leader comes back that was cut off while another one led": {
    settings: (chance) => {
      const followers = chance.pick([3, 4, 5]);
      return { followers, writeQuorum: chance.whole(2, followers - 1), maxDelay: 0 };
    },
    play: async (run) => {
      const { cluster } = run;
      const { chance } = cluster;
      for (let round = 0; round < 3; round += 1) {
        const old = cluster.leader;
        const key = chance.pick(keys);
        run.write({ key });
        await run.pass(20, 100);
        cut(run, old);
        run.moveLeader();
        if (cluster.leader === old) return;
        await run.pass(300, 600);
        for (let left = chance.whole(1, 3); left > 0; left -= 1) run.write({ key });
        await run.pass(20, 100);
        run.moveLeader(old);
        healAll(run);
        // It hears of the others late.
        cutSome(run, 0.7);
        await lookAround(run, { key, looks: 8, stepMs: 60 });
        healAll(run);
        await run.pass(300, 500);
      }
    },
  },

  "another leader is named behind the back of the one that answers": {
    settings: (chance) => {
      const followers = chance.pick([3, 4, 5]);
      return { followers, writeQuorum: chance.whole(2, followers - 1), maxDelay: 0 };
    },
    play: async (run) => {
      const { cluster } = run;
      const { chance, leader: old } = cluster;
      await run.pass(20, 60);
      for (const key of keys) run.write({ key });
      await run.pass(10, 60);
      run.write({ key: "a1", timeoutMs: 50 });
      const { disk, process } = cluster.member(old);
      if (chance.happens(0.5)) disk.slow(chance.between(1, 60));
      if (chance.happens(0.4) && process !== undefined)
        process.clock.frozenUntil = cluster.time.now() + chance.between(1, 500);
      if (!run.moveLeaderUnawares()) return;
      if (chance.happens(0.5)) disk.fail("no space left on device (ENOSPC)");
      const goOn = async (looks: number) => {
        for (let look = 0; look < looks; look += 1) {
          await run.pass(10, 80);
          run.write({ key: chance.pick(keys), resting: chance.happens(0.3) });
        }
      };
      await goOn(6);
      // A supervisor starts it again with the settings it had, at once and when there is room again.
      if (chance.happens(0.3)) run.start(old, old);
      await goOn(2);
      disk.fail(undefined);
      if (chance.happens(0.7)) run.start(old, old);
      await run.pass(10, 900);
      if (cluster.node(old)?.role === "leader") run.crash(old, 10);
      await run.pass(50, 200);
    },
  },

  "the disk refuses what a writer is told of": {
    settings: (chance) => {
      const followers = chance.pick([2, 3]);
      return { followers, writeQuorum: 1, maxDelay: 0 };
    },
    play: async (run) => {
      const { cluster } = run;
      const { chance, leader } = cluster;
      for (let round = 0; round < 3; round += 1) {
        await run.pass(100, 200);
        const { disk } = cluster.member(leader);
        if (chance.happens(0.5)) disk.fail("no space left on device (ENOSPC)");
        else disk.slow(100);
        const key = chance.pick(keys);
        run.write({ key, timeoutMs: chance.whole(1, 10) });
        run.write({ key, resting: true, timeoutMs: chance.whole(1, 10) });
        await run.pass(11, 60);
        run.crash(leader, 20);
        disk.fail(undefined);
        disk.slow(0.3);
        await run.pass(150, 300);
        run.write({ key: chance.pick(keys) });
        await run.pass(5, 50);
      }
    },
  },

  "settings change while the leader's log is flushed": {
    settings: (chance) => {
      const followers = chance.pick([2, 3, 3, 4]);
      return { followers, writeQuorum: chance.whole(2, followers), maxDelay: 0 };
    },
    play: async (run) => {
      const { cluster } = run;
      const { chance, leader, settings } = cluster;
      for (let round = 0; round < 3; round += 1) {
        slowSome(run, 800);
        for (const key of keys) run.write({ key });
        await run.pass(2, 8);
        const { disk } = cluster.member(leader);
        const flushMs = chance.between(20, 150);
        disk.slow(flushMs);
        cluster.crash(leader);
        run.start(leader);
        slowSome(run, 800);
        // One flush for the epoch, one for the log.
        await run.pass(0, 3 * flushMs);
        cluster.configure({ writeQuorum: chance.whole(1, settings.writeQuorum - 1) });
        await lookAround(run, { key: chance.pick(keys), looks: 5, stepMs: flushMs / 3 });
        cluster.crash(leader);
        disk.slow(0.3);
        run.start(leader);
        slowSome(run, 800);
        await lookAround(run, { key: chance.pick(keys), looks: 5, stepMs: 50 });
        run.wipe(leader);
        await run.pass(100, 1_500);
      }
    },
  },
};

export const sceneNames = Object.keys(scenes);

/** Reads, writes on what was read, and asks at each step what could be lost. */
async function lookAround(
  run: Director,
  { key, looks, stepMs }: { key: string; looks: number; stepMs: number },
): Promise<void> {
  for (let look = 0; look < looks; look += 1) {
    await run.pass(stepMs / 4, stepMs);
    run.read(key);
    run.couldLose();
    if (run.cluster.chance.happens(0.5)) run.write({ key, resting: true, timeoutMs: 300 });
  }
}

function cut({ cluster }: Director, follower: NodeId): void {
  cluster.network.around(follower, { cut: true });
}

function cutSome(run: Director, share: number): void {
  for (const id of run.cluster.followers) if (run.cluster.chance.happens(share)) cut(run, id);
}

function healAll({ cluster }: Director): void {
  for (const id of cluster.ids) cluster.network.around(id, calmWire());
  cluster.network.flow();
}

/** Entries take long to some followers; notes and marks do not. At least one follower is fast. */
function slowSome({ cluster }: Director, mostMs: number): void {
  const { chance, followers } = cluster;
  const fast = chance.pick(followers);
  const slow = followers.filter((id) => id !== fast && chance.happens(0.7));
  const range = { minDelayMs: mostMs / 2, maxDelayMs: mostMs };
  cluster.configure({ followerDelays: Object.fromEntries(slow.map((id) => [id, range])) });
}
