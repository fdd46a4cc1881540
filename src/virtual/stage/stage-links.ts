/** What a story does to the links between nodes. */
import type { NodeId } from "../../replication/types.ts";
import type { VirtualNetwork } from "../world/network.ts";
import type { Wire } from "../world/stream.ts";
import { BadCommand } from "./commands.ts";

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

  /** As for `split`: how long messages take. */
  link(some: string, others: string, { ms, way }: { ms: number; way: string }): void {
    const change = { minMs: ms, maxMs: ms };
    for (const one of some.split(","))
      for (const other of others.split(",")) {
        Object.assign(this.#network.wire(one, other), change);
        if (way !== "oneway") Object.assign(this.#network.wire(other, one), change);
      }
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

  /** `message`: like `#17`. */
  drop(message: string): void {
    this.#mustBeUnderWay(message, this.#network.drop(numberOf(message)));
  }

  slow(message: string, ms: number): void {
    this.#mustBeUnderWay(message, this.#network.slow(numberOf(message), ms));
  }

  repeat(message: string): void {
    const isRepeated = this.#network.repeat(numberOf(message));
    if (!isRepeated) throw new BadCommand(`${message} is no append that is under way`);
  }

  #mustBeUnderWay(message: string, isUnderWay: boolean): void {
    if (!isUnderWay) throw new BadCommand(`${message} is not under way`);
  }
}

const numberOf = (message: string): number => Number(message.slice(1));
