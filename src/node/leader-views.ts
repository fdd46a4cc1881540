/** What a leader tells of itself and its cluster. */
import type { Leader } from "../replication/leader.ts";
import type { Instant } from "../replication/types.ts";
import type { ClusterView, MemberView } from "./api.ts";
import { guessedUrl, type NodeSettings } from "./options.ts";
import type { Timeline } from "./timeline.ts";

export interface LeaderFacts {
  readonly core: Leader;
  readonly config: NodeSettings;
  readonly timeline: Timeline;
  readonly incarnation: string;
  /** Why storage refuses to flush; undefined while it does not. */
  readonly fault: string | undefined;
  readonly now: Instant;
}

/** Why the leader is not ready, beyond what its process does. */
export function unreadyReasons({ core, fault }: LeaderFacts): readonly string[] {
  const reasons: string[] = [];
  if (core.notReady !== undefined) reasons.push(core.notReady);
  if (fault !== undefined) reasons.push(`storage cannot flush: ${fault}`);
  const live = core.liveFollowers.length;
  if (core.notReady === undefined && live < core.writeQuorum)
    reasons.push(`${live} live followers, the write quorum is ${core.writeQuorum}`);
  return reasons;
}

export function clusterView(facts: LeaderFacts): ClusterView {
  const { core, config } = facts;
  return {
    leader: config.nodeId,
    servedBy: config.nodeId,
    fromLeader: true,
    epoch: core.epoch,
    last: core.last,
    committed: core.committed,
    writeQuorum: core.writeQuorum,
    nodes: [ownView(facts), ...followerViews(facts)],
  };
}

function ownView({ core, config, timeline, incarnation, fault, now }: LeaderFacts): MemberView {
  return {
    id: config.nodeId,
    role: "leader",
    url: config.advertiseUrl,
    state: "live",
    acked: core.ledger.flushed,
    applied: core.applied,
    lag: core.last - core.applied,
    lagMs: core.applied < core.last ? timeline.ageMs(core.applied + 1, now) : 0,
    digestMatch: true,
    lastContactMs: 0,
    incarnation,
    storageFault: fault ?? "",
    refusal: "",
  };
}

function followerViews({ core, config, timeline, now }: LeaderFacts): readonly MemberView[] {
  const urls = new Map(core.members.map((member) => [member.id, member.url]));
  return core.peers.map((peer): MemberView => {
    const lag = Math.max(0, core.last - peer.applied);
    return {
      id: peer.id,
      role: "follower",
      url: urls.get(peer.id) ?? guessedUrl(config, peer.id) ?? "",
      state: peer.state,
      acked: peer.acked,
      applied: peer.applied,
      lag,
      lagMs: lag > 0 ? timeline.ageMs(peer.applied + 1, now) : 0,
      digestMatch: core.digestMatch(peer.id) ?? null,
      lastContactMs:
        peer.incarnation === "" || peer.lastHeardAt === undefined ? null : now - peer.lastHeardAt,
      incarnation: peer.incarnation,
      storageFault: peer.storageFault,
      refusal: peer.refusal,
    };
  });
}
