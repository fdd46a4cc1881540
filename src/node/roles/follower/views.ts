/** What a follower reports about itself and, as far as it knows, its cluster. */
import { markOf } from "../../../replication/cluster-id.ts";
import type { Follower } from "../../../replication/follower/follower.ts";
import type { NodeId, Sequence } from "../../../replication/types.ts";
import type { ClusterView, LiveConfig, MemberView, NodeStatus, Role } from "../../api.ts";
import { gatewayUrl, ownMember } from "../../options.ts";
import { type NodeParts, shownCluster } from "../../parts.ts";
import { replacingReason } from "../../refusals.ts";
import type { LeaderContact } from "./contact.ts";

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

  /** With FAILOVER=1 the node that this one follows; empty while it follows none. */
  get leader(): NodeId {
    const { config } = this.#parts.options;
    if (!config.failover) return config.leader;
    return this.#core.following ? this.#core.hardState.promisedLeader : "";
  }

  /** Where clients reach the leader; empty while unknown. */
  get leaderUrl(): string {
    return this.leader === "" ? "" : this.#urlOf(this.leader);
  }

  /** A follower takes no writes at all. */
  notReadyForWrites(): readonly string[] {
    const { nodeId } = this.#parts.options.config;
    const { leader } = this;
    const to = leader === "" ? "no leader is known" : `writes go to ${leader}`;
    return [...this.#parts.endReasons(), `${nodeId} is a follower; ${to}`];
  }

  /** Reads need no leader, only a store that was whole once. */
  notReadyForReads(): readonly string[] {
    const reasons = this.#parts.endReasons();
    if (this.#core.hardState.blank) return [...reasons, "this node has not yet held a whole store"];
    return this.#contact.takesSnapshot
      ? [...reasons, "this node receives a snapshot: it is far behind"]
      : reasons;
  }

  /** As the leader's heartbeats have told them; an older leader tells the quorum alone. */
  get #settings(): LiveConfig {
    const { config } = this.#parts.life.settings;
    return { ...config, writeQuorum: this.#core.news?.writeQuorum ?? config.writeQuorum };
  }

  status(): NodeStatus {
    const { timeout } = this.#parts.options.config;
    return this.#parts.status(this.#core, markOf(this.#core.hardState), {
      role: "follower",
      leader: this.leader,
      config: { ...this.#settings, timeout },
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
    const { epoch, committed } = this.#core;
    return {
      leader: this.leader,
      servedBy: config.nodeId,
      fromLeader: false,
      epoch,
      last: this.#last,
      committed,
      writeQuorum: this.#settings.writeQuorum,
      settings: this.#parts.life.settings.lastChange,
      leaderSince: null,
      survives: null,
      cluster: shownCluster(markOf(this.#core.hardState)),
      nodes: config.nodes.map(({ id }) => this.#view(id)),
    };
  }

  /** Where another member reaches that member's gateway; undefined: there is no such member. */
  peerUrl(id: NodeId): string | undefined {
    const { config } = this.#parts.options;
    if (id === config.nodeId) return ownMember(config).peerUrl;
    const known = this.#core.hardState.members.find((member) => member.id === id);
    return gatewayUrl(config, id, known?.peerUrl);
  }

  /** The end of the log, as far as this node or the leader's heartbeats have it. */
  get #last(): Sequence {
    return Math.max(this.#core.last, this.#core.news?.last ?? 0);
  }

  #urlOf(id: NodeId): string {
    const known = this.#core.hardState.members.find((member) => member.id === id);
    return known?.url ?? gatewayUrl(this.#parts.options.config, id) ?? "";
  }

  #view(id: NodeId): MemberView {
    if (id === this.#parts.options.config.nodeId) return this.#ownView();
    return id === this.leader ? this.#leaderView() : this.#unknownView(id, "follower");
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
      ...this.#unknownView(this.leader, "leader"),
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
