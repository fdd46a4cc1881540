/**
 * Settings that were changed while a seed ran, and who holds them: a change that was answered is never lost by an
 * election while a majority of the nodes, by their present processes, has held it without a break.
 */
import type { Result } from "../../errors.ts";
import type { KvNode, LiveConfig, SettingsChange } from "../../node/api.ts";
import type { NodeId } from "../../replication/types.ts";
import type { Coverage } from "./coverage.ts";
import type { Delivery } from "./stream.ts";
import { Violation } from "./violation.ts";

interface Process {
  readonly node: Pick<KvNode, "configure" | "cluster">;
}

interface Change {
  /** Of the leader that took it. */
  readonly process: Process;
  readonly made: SettingsChange;
  /** Followers that its leader told of it. */
  readonly heardBy: Set<NodeId>;
}

const isAsNew = (one: SettingsChange | null | undefined, other: SettingsChange): boolean =>
  one !== null &&
  one !== undefined &&
  (one.changedEpoch > other.changedEpoch ||
    (one.changedEpoch === other.changedEpoch && one.changedAt >= other.changedAt));

export class Changes {
  readonly #process: (id: NodeId) => Process | undefined;
  readonly #ids: readonly NodeId[];
  readonly #coverage: Coverage;
  readonly #open = new Set<Change>();
  /** The newest change that was answered. */
  #answered: SettingsChange | undefined;
  /** Processes that have held it. */
  #holders = new Set<Process>();
  #epochMax = 0;
  /** An answer that nobody should have been given. */
  wrong: Violation | undefined;

  constructor(world: {
    ids: readonly NodeId[];
    process: (id: NodeId) => Process | undefined;
    coverage: Coverage;
  }) {
    this.#ids = world.ids;
    this.#process = world.process;
    this.#coverage = world.coverage;
  }

  /** Some change waits for its answer. */
  get areAwaited(): boolean {
    for (const open of this.#open)
      if (this.#process(open.made.changedBy) === open.process) return true;
      else this.#open.delete(open);
    return false;
  }

  make(
    process: Process,
    change: Partial<LiveConfig>,
    told: (result: Result<LiveConfig>) => void,
  ): void {
    const answer = process.node.configure(change);
    const made = process.node.cluster().settings;
    if (made === null) return;
    const open: Change = { process, made, heardBy: new Set() };
    this.#open.add(open);
    void answer.then((result) => {
      this.#open.delete(open);
      if (result.ok) this.#wasAnswered(open);
      else if (result.failure.code === "OUTCOME_UNKNOWN")
        this.#coverage.met("change of settings unknown");
      told(result);
    });
  }

  /** A message arrives. */
  delivered({ from, to, message }: Delivery): void {
    if (message.type === "heartbeat")
      for (const { made, heardBy } of this.#open)
        if (message.epoch === made.changedEpoch && isAsNew(message.settings, made)) heardBy.add(to);
    if (message.type === "heartbeatReply") this.#look(from);
  }

  #wasAnswered({ made, heardBy }: Change): void {
    const majority = Math.floor(this.#ids.length / 2);
    if (heardBy.size < majority)
      this.wrong = new Violation(`a change is answered that ${heardBy.size} followers heard`);
    if (this.#answered !== undefined && isAsNew(this.#answered, made)) return;
    this.#answered = made;
    this.#holders = new Set();
    for (const id of this.#ids) this.#look(id);
  }

  #look(id: NodeId): void {
    const process = this.#process(id);
    if (process === undefined || this.#answered === undefined || this.#holders.has(process)) return;
    if (isAsNew(process.node.cluster().settings, this.#answered)) this.#holders.add(process);
  }

  /** This node leads in a new epoch. */
  leads(id: NodeId, epoch: number): void {
    const made = this.#answered;
    if (epoch < this.#epochMax) return;
    this.#epochMax = epoch;
    if (made === undefined || epoch <= made.changedEpoch) return;
    const held = this.#ids.map(this.#process).filter((each) => each && this.#holders.has(each));
    if (held.length <= Math.floor(this.#ids.length / 2)) return;
    this.#coverage.met("settings kept by an election");
    if (!isAsNew(this.#process(id)?.node.cluster().settings, made))
      throw new Violation(`${id} leads in epoch ${epoch} without settings that were answered`);
  }
}
