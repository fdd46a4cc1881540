/** The cluster's health in one sentence, which the header shows. */
import type { ClusterView, MemberView } from "../api/wire.ts";
import { count, inWords, plural } from "../lib/units.ts";

/** The tone colours the sentence; its symbol says the same. */
export interface Health {
  readonly tone: "good" | "warning" | "bad";
  readonly sentence: string;
}

/** "follower1 and follower2". */
const ids = (members: readonly MemberView[]): string => inWords(members.map(({ id }) => id));

/**
 * The sentence names the worst condition alone, in this order: no leader, different stores, no quorum,
 * no storage, absent followers, lag. `quorum` is the one in force.
 */
export function healthOf(cluster: ClusterView, quorum: number): Health {
  const followers = cluster.nodes.filter(({ role }) => role !== "leader");
  const live = followers.filter(({ state }) => state === "live");
  const liveCount = `${live.length} of ${plural(followers.length, "follower")} live`;
  if (!cluster.fromLeader) {
    const own = cluster.nodes.find(({ id }) => id === cluster.servedBy);
    const version = count(own?.applied ?? 0);
    const what = cluster.leader === "" ? "No leader is known" : `${cluster.leader} does not answer`;
    return { tone: "bad", sentence: `${what}: no writes; reads here show version ${version}` };
  }
  const differing = followers.filter(({ digestMatch }) => digestMatch === false);
  if (differing.length > 0) {
    const verb = differing.length === 1 ? "differs" : "differ";
    return { tone: "bad", sentence: `${ids(differing)} ${verb} from the leader` };
  }
  if (live.length < quorum) {
    return {
      tone: "bad",
      sentence: `${liveCount}: quorum ${quorum} is out of reach, writes are refused`,
    };
  }
  const faulty = cluster.nodes.filter(({ storageFault }) => storageFault !== "");
  if (faulty.length > 0) {
    return { tone: "bad", sentence: `${ids(faulty)} cannot flush: ${faulty[0]?.storageFault}` };
  }
  const absent = followers.filter(({ state }) => state !== "live");
  if (absent.length > 0) {
    const syncing = absent.every(({ state }) => state === "syncing");
    const trouble = syncing ? "catching up by snapshot" : "unreachable";
    return { tone: "warning", sentence: `${liveCount}, ${ids(absent)} ${trouble}` };
  }
  const behind = live.map(({ lag }) => lag ?? 0).filter((lag) => lag > 0);
  if (behind.length > 0) {
    const most = Math.max(...behind);
    return {
      tone: "good",
      sentence: `${liveCount}, ${behind.length} behind by up to ${plural(most, "entry", "entries")}`,
    };
  }
  return {
    tone: "good",
    sentence: `${liveCount}, all in sync at version ${count(cluster.committed)}`,
  };
}
