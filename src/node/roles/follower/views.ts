/** What a follower reports about itself and, as far as it knows, its cluster. */
import type { Follower } from "../../../replication/follower/follower.ts";
import type { NodeId, Sequence } from "../../../replication/types.ts";
import type { ClusterView, MemberView, NodeStatus, Role } from "../../api.ts";
import { fallbackUrl, ownMember } from "../../options.ts";
import type { NodeParts } from "../../parts.ts";
import type { LeaderContact } from "./contact.ts";
import { replacingReason } from "./reads.ts";

/** Views of the present moment; each call looks anew. */
export class FollowerViews {
  readonly #parts: NodeParts;
  readonly #core: Follower;
  readonly #contact: LeaderContact;

  constructor(parts: NodeParts, core: Follower, contact: LeaderContact) {
    this.#parts = parts;
    this.#core = core;
    this.#contact = contact;
  }

  /** Where clients reach the leader; empty while unknown. */
  get leaderUrl(): string {
    return this.#urlOf(this.#parts.options.config.leader);
  }

  /** A follower takes no writes at all. */
  notReadyForWrites(): readonly string[] {
    const { nodeId, leader } = this.#parts.options.config;
    return [...this.#parts.endReasons(), `${nodeId} is a follower; writes go to ${leader}`];
  }

  /** Reads need no leader, only a store that was whole once. */
  notReadyForReads(): readonly string[] {
    const reasons = this.#parts.endReasons();
    if (this.#core.hardState.blank) return [...reasons, "this node has not yet held a whole store"];
    return this.#contact.takesSnapshot
      ? [...reasons, "this node receives a snapshot: it is far behind"]
      : reasons;
  }

  /** Its delays are those of its own settings: the leader's are not reported to followers. */
  status(): NodeStatus {
    const { leader, writeQuorum, minDelay, maxDelay, timeout } = this.#parts.options.config;
    return this.#parts.status(this.#core, {
      role: "follower",
      leader,
      config: {
        writeQuorum: this.#core.news?.writeQuorum ?? writeQuorum,
        minDelay,
        maxDelay,
        followerDelays: {},
        timeout,
      },
      reasons: this.#reasons(),
    });
  }

  /** Why the node as a whole is not ready. */
  #reasons(): readonly string[] {
    const { fault } = this.#parts.flusher;
    const { following, replacing, hardState } = this.#core;
    const reasons = [...this.#parts.endReasons()];
    if (fault !== undefined) reasons.push(`storage cannot flush: ${fault}`);
    if (!following) reasons.push("no stream from the leader");
    else if (replacing) reasons.push(replacingReason);
    else if (hardState.blank)
      reasons.push("still receiving what the leader held when this node joined");
    return reasons;
  }

  /** What this node knows by itself; the gateway asks the leader first. */
  cluster(): ClusterView {
    const { config } = this.#parts.options;
    const { epoch, committed, news } = this.#core;
    return {
      leader: config.leader,
      servedBy: config.nodeId,
      fromLeader: false,
      epoch,
      last: this.#last,
      committed,
      writeQuorum: news?.writeQuorum ?? config.writeQuorum,
      nodes: config.nodes.map(({ id }) => this.#view(id)),
    };
  }

  /** Where another member reaches that member's gateway; undefined: there is no such member. */
  peerUrl(id: NodeId): string | undefined {
    const { config } = this.#parts.options;
    if (id === config.nodeId) return ownMember(config).peerUrl;
    const known = this.#core.hardState.members.find((member) => member.id === id);
    return known?.peerUrl ?? fallbackUrl(config, id);
  }

  /** The end of the log, as far as this node or the leader's heartbeats have it. */
  get #last(): Sequence {
    return Math.max(this.#core.last, this.#core.news?.last ?? 0);
  }

  #urlOf(id: NodeId): string {
    const known = this.#core.hardState.members.find((member) => member.id === id);
    return known?.url ?? fallbackUrl(this.#parts.options.config, id) ?? "";
  }

  #view(id: NodeId): MemberView {
    const { nodeId, leader } = this.#parts.options.config;
    if (id === nodeId) return this.#ownView();
    return id === leader ? this.#leaderView() : this.#unknownView(id, "follower");
  }

  #ownView(): MemberView {
    const { config, incarnation } = this.#parts.options;
    const { applied } = this.#core;
    const lag = Math.max(0, this.#last - applied);
    return {
      id: config.nodeId,
      role: "follower",
      url: config.advertiseUrl,
      state: "live",
      acked: applied,
      applied,
      lag,
      lagMs: lag === 0 ? 0 : this.#contact.sinceMs,
      digestMatch: null,
      lastContactMs: 0,
      incarnation,
      storageFault: this.#parts.flusher.fault ?? "",
      refusal: "",
    };
  }

  /** As the last heartbeat reported the leader, whether its stream is still open or not. */
  #leaderView(): MemberView {
    const { following, news } = this.#core;
    return {
      ...this.#unknownView(this.#parts.options.config.leader, "leader"),
      state: following ? "live" : "unreachable",
      acked: news?.last ?? null,
      applied: news?.applied ?? null,
      lastContactMs: this.#contact.sinceMs,
    };
  }

  /** Another member of which this node knows no more than its settings. */
  #unknownView(id: NodeId, role: Role): MemberView {
    return {
      id,
      role,
      url: this.#urlOf(id),
      state: "unknown",
      acked: null,
      applied: null,
      lag: null,
      lagMs: null,
      digestMatch: null,
      lastContactMs: null,
      incarnation: "",
      storageFault: "",
      refusal: "",
    };
  }
}
