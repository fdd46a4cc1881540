/** What a story does to the links between nodes. */
import type { NodeId } from "../../replication/types.ts";
import type { VirtualNetwork, Wire } from "../world/network.ts";

export class StageLinks {
  readonly #at: () => VirtualNetwork;

  /** `at`: the network of the present cluster. */
  constructor(at: () => VirtualNetwork) {
    this.#at = at;
  }

  get #network(): VirtualNetwork {
    return this.#at();
  }

  /** Between two sets of nodes, each separated by commas; `oneway`: from the first to the second only. */
  split(some: string, others: string, way: string): void {
    const [left, right] = [some.split(","), others.split(",")];
    this.#network.cut(left, right);
    if (way !== "oneway") this.#network.cut(right, left);
  }

  join(some: string, others: string): void {
    const [left, right] = [some.split(","), others.split(",")];
    this.#network.join(left, right);
    this.#network.join(right, left);
  }

  /** Messages of this type are lost from now on; `nothing` ends it. */
  lose(type: string): void {
    this.#network.loses = (message) => message.type === type;
  }

  cut(id: NodeId, way: string): void {
    const network = this.#network;
    network.around(id, { cut: false });
    if (way === "both" || way === "there" || way === "back") network.around(id, { cut: true }, way);
    network.flow();
  }

  wire(id: NodeId, ms: number, way: string): void {
    const ways = way === "there" || way === "back" ? way : "both";
    this.#network.around(id, { minMs: ms, maxMs: ms }, ways);
  }

  unruly(id: NodeId, wire: Partial<Wire>): void {
    this.#network.around(id, wire);
  }
}
