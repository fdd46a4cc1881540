/** What nodes have promised to answer. An answer counts while the process that promised it runs. */
import type { NodeId } from "../../replication/types.ts";
import type { Process, VirtualCluster } from "../world/cluster.ts";
import { Violation } from "../world/violation.ts";

export class Promised {
  readonly #cluster: VirtualCluster;
  /** Processes that promised an answer. */
  readonly #promises = new Set<{ readonly id: NodeId; readonly process: Process }>();

  constructor(cluster: VirtualCluster) {
    this.#cluster = cluster;
  }

  /** Calls `told` with what the process of this node promised, unless it dies first. */
  whenKept<T>(id: NodeId, promise: Promise<T>, told: (kept: T) => void): void {
    const { process } = this.#cluster.member(id);
    if (process === undefined) return;
    const made = { id, process };
    this.#promises.add(made);
    void promise.then((kept) => {
      this.#promises.delete(made);
      if (this.#isAlive(made)) this.#guard(() => told(kept));
    });
  }

  #isAlive({ id, process }: { id: NodeId; process: Process }): boolean {
    return this.#cluster.member(id).process === process;
  }

  /** An answer is to come by a promise: it needs turns of the real event loop. */
  get isPromised(): boolean {
    for (const made of this.#promises) {
      if (this.#isAlive(made)) return true;
      this.#promises.delete(made);
    }
    return false;
  }

  /** What was found wrong inside a promise; the run looks after each turn. */
  wrong: Violation | undefined;

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.wrong ??= error instanceof Violation ? error : new Violation(String(error));
    }
  }
}
