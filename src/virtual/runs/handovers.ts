/** Handovers that operators ask for (POST /leader), and what must come of each. */
import type { Result } from "../../errors.ts";
import type { NextLeader } from "../../node/api.ts";
import type { NodeId } from "../../replication/types.ts";
import type { Clients } from "../clients/clients.ts";
import type { Process, VirtualCluster } from "../world/cluster.ts";
import { Violation } from "../world/violation.ts";

type Outcome = Result<NextLeader>;

/** A handover is over before, by any clock: the leader waits twice, 300 ms each. */
const answeredMsMax = 1_000;
/** Refusals that leave all as it was. */
const refusals: readonly string[] = ["RECOVERING", "NOT_LEADER", "NO_LEADER"];

export class Handovers {
  readonly #cluster: VirtualCluster;
  readonly #clients: Clients;

  constructor(cluster: VirtualCluster, clients: Clients) {
    this.#cluster = cluster;
    this.#clients = clients;
  }

  /** Asks a node to hand over; without `to`, to the leader of choice. `told` hears the answer, if one comes. */
  ask(id: NodeId, to?: NodeId, told: (outcome: Outcome) => void = () => {}): void {
    const { process } = this.#cluster.member(id);
    if (process === undefined) return;
    const { node } = process;
    const asked = { id, process, to, epoch: node.role === "leader" ? node.position().epoch : 0 };
    let isAnswered = false;
    this.#clients.whenKept(id, node.handOver(to), (outcome) => {
      isAnswered = true;
      this.#judge(asked, outcome);
      told(outcome);
    });
    this.#mustBeAnswered(id, process, () => isAnswered);
  }

  #judge(
    asked: { id: NodeId; process: Process; to: NodeId | undefined; epoch: number },
    outcome: Outcome,
  ): void {
    const { id, process, epoch, to = this.#cluster.leader } = asked;
    const { coverage } = this.#cluster;
    if (!outcome.ok) {
      const { code } = outcome.failure;
      if (!refusals.includes(code)) throw new Violation(`${id} answers a handover with ${code}`);
      coverage.met("handover refused");
      return;
    }
    const next = outcome.value;
    const { node } = process;
    if (next.leader === id && to === id) return;
    if (next.epoch <= epoch)
      throw new Violation(`${id} handed epoch ${epoch} over to ${next.leader} in ${next.epoch}`);
    if (node.leader === id && node.position().epoch <= next.epoch)
      throw new Violation(`${id} leads on although ${next.leader} does in epoch ${next.epoch}`);
    if (next.leader === to) coverage.met("leadership handed over");
  }

  #mustBeAnswered(id: NodeId, process: Process, isAnswered: () => boolean): void {
    const { time } = this.#cluster;
    const look = () => {
      if (isAnswered() || this.#cluster.member(id).process !== process) return;
      const frozenMs = process.clock.frozenUntil + answeredMsMax - time.now();
      if (frozenMs <= 1) throw new Violation(`${id} never answered a handover`);
      time.after(frozenMs, look);
    };
    time.after(answeredMsMax, look);
  }
}
