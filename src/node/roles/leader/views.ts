/** What a leader reports about itself and its cluster. */
import type { Leader } from "../../../replication/leader/leader.ts";
import type { NodeId, Sequence } from "../../../replication/types.ts";
import type { ClusterView, MemberView, NodeStatus, Role } from "../../api.ts";
import { gatewayUrl } from "../../options.ts";
import { type NodeParts, shownCluster } from "../../parts.ts";
import type { LiveSettings } from "./live-settings.ts";
import type { LeaderTelemetry } from "./telemetry.ts";

/** Views of the present moment; each call looks anew. */
export class LeaderViews {
  readonly #parts: NodeParts;
  readonly #core: Leader;
  readonly #telemetry: LeaderTelemetry;

  constructor(parts: NodeParts, core: Leader, telemetry: LeaderTelemetry) {
    this.#parts = parts;
    this.#core = core;
    this.#telemetry = telemetry;
  }

  /** With FAILOVER=1 a node leads only once phase 1 is over, and until it leaves this role. */
  get role(): Role {
    if (!this.#parts.options.config.failover) return "leader";
    if (this.#parts.lifetime.over) return "follower";
    return this.#core.notReady === undefined ? "leader" : "candidate";
  }

  /** Empty until this node leads. */
  get leader(): NodeId {
    return this.role === "leader" ? this.#parts.options.config.nodeId : "";
  }

  /** Reads need neither followers nor a disk that flushes. */
  notReadyForReads(): readonly string[] {
    const { notReady } = this.#core;
    const reasons = this.#parts.endReasons();
    return notReady === undefined ? reasons : [...reasons, notReady];
  }

  /** Also why the node as a whole is not ready. */
  notReadyForWrites(): readonly string[] {
    const { notReady, writeQuorum, liveFollowers } = this.#core;
    const reasons = [...this.notReadyForReads()];
    const { fault } = this.#parts.flusher;
    if (fault !== undefined) reasons.push(`storage cannot flush: ${fault}`);
    const live = liveFollowers.length;
    if (notReady === undefined && live < writeQuorum)
      reasons.push(`${live} live followers, the write quorum is ${writeQuorum}`);
    return reasons;
  }

  /** `settings`: what is in force. */
  status(settings: LiveSettings): NodeStatus {
    const { timeout } = this.#parts.options.config;
    return this.#parts.status(this.#core, this.#core.mark, {
      role: this.role,
      leader: this.leader,
      config: { ...settings.inForce, timeout },
      reasons: this.notReadyForWrites(),
    });
  }

  /** Every member as this leader sees it. */
  cluster(): ClusterView {
    const { epoch, last, committed, writeQuorum } = this.#core;
    const { nodeId } = this.#parts.options.config;
    return {
      leader: this.leader,
      servedBy: nodeId,
      fromLeader: this.role === "leader",
      epoch,
      last,
      committed,
      writeQuorum,
      settings: this.#parts.life.settings.lastChange,
      leaderSince: this.#telemetry.leadsSince,
      survives: this.role === "leader" ? this.#core.survival : null,
      cluster: shownCluster(this.#core.mark),
      nodes: [this.#ownView(), ...this.#followerViews()],
    };
  }

  /** Where clients reach that member. */
  urlOf(id: NodeId): string {
    const member = this.#core.members.find((known) => known.id === id);
    return member?.url ?? gatewayUrl(this.#parts.options.config, id) ?? "";
  }

  /** Where another member reaches that member's gateway; undefined: there is no such member. */
  peerUrl(id: NodeId): string | undefined {
    const member = this.#core.members.find((known) => known.id === id);
    return gatewayUrl(this.#parts.options.config, id, member?.peerUrl);
  }

  #ownView(): MemberView {
    const { config, incarnation } = this.#parts.options;
    const { last, applied, ledger } = this.#core;
    return {
      id: config.nodeId,
      role: this.role,
      url: config.advertiseUrl,
      state: "live",
      acked: ledger.flushed,
      applied,
      lag: last - applied,
      lagMs: this.#lagMs(applied),
      digestMatch: true,
      lastContactMs: 0,
      incarnation,
      storageFault: this.#parts.flusher.fault ?? "",
      refusal: "",
    };
  }

  /** By what each has acked, and reported of itself in its promise and heartbeat replies. */
  #followerViews(): readonly MemberView[] {
    const { config, clock } = this.#parts.options;
    const core = this.#core;
    const urls = new Map(core.members.map((member) => [member.id, member.url]));
    return core.peers.map((peer): MemberView => {
      const { id, state, acked, applied, incarnation, lastHeardAt } = peer;
      const isKnown = incarnation !== "" && lastHeardAt !== undefined;
      return {
        id,
        role: "follower",
        url: urls.get(id) ?? gatewayUrl(config, id) ?? "",
        state,
        acked,
        applied,
        lag: Math.max(0, core.last - applied),
        lagMs: this.#lagMs(applied),
        digestMatch: core.digestMatch(id) ?? null,
        lastContactMs: isKnown ? clock.now() - lastHeardAt : null,
        incarnation,
        storageFault: peer.storageFault,
        refusal: peer.refusal,
      };
    });
  }

  /** Age in milliseconds of the first entry after this one; 0 when there is none. */
  #lagMs(applied: Sequence): number {
    const { clock } = this.#parts.options;
    return applied < this.#core.last ? this.#telemetry.timeline.ageMs(applied + 1, clock.now()) : 0;
  }
}
