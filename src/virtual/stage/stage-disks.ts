/** What a story does to the disks of nodes. */
import type { NodeId } from "../../replication/types.ts";
import type { MemoryState } from "../../storage/memory/state.ts";
import type { VirtualCluster } from "../world/cluster.ts";
import { BadCommand } from "./commands.ts";
import { milliseconds } from "./stage-words.ts";

export class StageDisks {
  readonly #at: () => VirtualCluster;
  /** Those that were taken out of their nodes. */
  readonly #kept = new Map<string, MemoryState>();

  /** `at`: the present cluster. */
  constructor(at: () => VirtualCluster) {
    this.#at = at;
  }

  get #cluster(): VirtualCluster {
    return this.#at();
  }

  /** The node is crashed, and its disk taken out. */
  keep(id: NodeId, name: string): void {
    this.#cluster.crash(id);
    this.#kept.set(name, this.#cluster.member(id).disk.state);
  }

  /** It stops. A former version has written no cluster id. */
  upgradeOne(id: NodeId): void {
    this.#cluster.crash(id);
    this.#cluster.network.former.delete(id);
    const { state } = this.#cluster.member(id).disk;
    const hardState = { ...state.hardState, cluster: undefined };
    state.commit({ append: [], apply: [], hardState });
  }

  put(name: string, id: NodeId): void {
    const state = this.#kept.get(name);
    if (state === undefined) throw new BadCommand(`no disk was kept as ${name}`);
    this.#cluster.crash(id);
    const member = this.#cluster.member(id);
    member.disk.put(state);
    member.isForeign = true;
  }

  setState(id: NodeId, state: string): void {
    const { disk } = this.#cluster.member(id);
    if (state === "full") disk.fail("no space left on device (ENOSPC)");
    else if (state === "free") disk.fail(undefined);
    else disk.slow(milliseconds(state));
  }
}
