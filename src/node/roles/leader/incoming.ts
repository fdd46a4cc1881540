/** What other nodes send to one that leads or stands for leader: they want to lead, or ask for a vote. */

import { clash, clashReason, heeds } from "../../../replication/cluster-id.ts";
import { isBelievable } from "../../../replication/election/epochs.ts";
import type { LinkNumber } from "../../../replication/follower/follower-effects.ts";
import { leapReason, strangeness } from "../../../replication/follower/prepare.ts";
import type { Leader } from "../../../replication/leader/leader.ts";
import type { LeaderMessage } from "../../../replication/types.ts";
import { refusedMs } from "../../options.ts";
import type { NodeParts } from "../../parts.ts";
import type { Leave } from "../../role.ts";
import { standingOf } from "../../standing.ts";
import { strangerAsks } from "../../strangers.ts";

type Prepare = Extract<LeaderMessage, { type: "prepare" }>;
type Poll = Extract<LeaderMessage, { type: "poll" }>;

/** Obeys a higher epoch with FAILOVER=1; refuses everything else. */
export class LeaderIncoming {
  readonly #parts: NodeParts;
  readonly #core: Leader;
  readonly #leave: Leave;

  constructor(owner: { parts: NodeParts; core: Leader; leave: Leave }) {
    this.#parts = owner.parts;
    this.#core = owner.core;
    this.#leave = owner.leave;
  }

  received(number: LinkNumber, message: LeaderMessage): void {
    const { lifetime, life, options } = this.#parts;
    if (lifetime.over || lifetime.closing) return;
    const { nodeId } = options.config;
    if (message.type === "poll") {
      if (message.to === nodeId) this.#vote(number, message);
      return;
    }
    const stranger = message.type === "prepare" ? this.#whyStranger(message) : undefined;
    if (message.type === "prepare" && stranger !== undefined)
      this.#refuseStranger(number, message, stranger);
    else if (message.type === "prepare" && this.#mayLead(message)) {
      options.log.info(
        { leader: message.leader, theirEpoch: message.epoch },
        `${message.leader} stands for leader with epoch ${message.epoch}; this node obeys`,
      );
      const { leader, epoch } = message;
      this.#leave({ type: "follow", next: { leader, epoch }, message: { number, message } });
      return;
    } else this.#refuse(number);
    // A moment later, so that the refusal arrives: the sender then opens another stream and asks again.
    options.clock.after(refusedMs, () => life.streams.giveUp(number));
  }

  /** With FAILOVER=1 any other node may, in a higher epoch of its own. */
  #mayLead(message: Prepare): boolean {
    const { config } = this.#parts.options;
    const { epoch: known } = this.#core;
    const { leader, epoch } = message;
    if (!config.failover || message.to !== config.nodeId || epoch <= known) return false;
    const settings = { leader: config.leader, nodes: config.nodes.map(({ id }) => id) };
    const reason =
      strangeness(message, settings) ??
      (isBelievable(epoch, known) ? undefined : leapReason(epoch, known));
    if (reason === undefined) return true;
    this.#parts.life.strangers.mayNotLead({ leader, epoch, reason }, "this node goes on");
    return false;
  }

  #refuse(number: LinkNumber): void {
    const { failover, nodeId } = this.#parts.options.config;
    const { epoch, notReady } = this.#core;
    // With FAILOVER=0 only a node that really leads deposes another one: until then its settings may be wrong.
    const promisedEpoch = failover || notReady === undefined ? epoch : 0;
    const reason = failover
      ? `promised epoch ${epoch} to ${nodeId}`
      : `the settings of ${nodeId} name itself as the leader`;
    const promised = { promisedEpoch, promisedLeader: nodeId };
    const cluster = this.#core.mark;
    this.#parts.life.streams.send(number, { type: "refusal", ...promised, reason, cluster });
  }

  /** Undefined: it is of this cluster, or says nothing against it. */
  #whyStranger({ leader, cluster, elected }: Prepare): string | undefined {
    const { config } = this.#parts.options;
    const { mark } = this.#core;
    const own = { id: config.nodeId, mark };
    const isHeeded = elected ? heeds(mark, cluster) : !clash(mark, cluster);
    return isHeeded ? undefined : clashReason(own, { id: leader, mark: cluster });
  }

  /** It hears nothing of the epochs here: it would leap above them. */
  #refuseStranger(number: LinkNumber, { leader }: Prepare, reason: string): void {
    const nobody = { promisedEpoch: 0, promisedLeader: "" };
    const { strangers, streams } = this.#parts.life;
    strangers.refused(leader, reason);
    streams.send(number, { type: "refusal", ...nobody, reason, cluster: this.#core.mark });
  }

  /** A leader that followers still answer wants no other one; a candidate waits for its own votes. */
  #vote(to: LinkNumber, { candidate, number, cluster }: Poll): void {
    const { config, clock, storage } = this.#parts.options;
    const core = this.#core;
    const own = { id: config.nodeId, mark: core.mark };
    const stranger = strangerAsks(own, { id: candidate, mark: cluster });
    if (stranger !== undefined) this.#parts.life.strangers.refused(candidate, stranger);
    const isAlone = stranger === undefined && core.isAlone(clock.now());
    this.#parts.life.streams.send(to, {
      type: "vote",
      number,
      agrees: config.failover && isAlone,
      reason: isAlone ? "" : (stranger ?? `${config.nodeId} leads, or is about to`),
      hearsUnable: isAlone,
      ...standingOf(core, storage, core.mark),
    });
  }
}
