/** Clients that follow the applied operations of some node, and go on elsewhere when it is gone. */
import type { KvNode } from "../../node/api.ts";
import type { Cancel } from "../../node/ports.ts";
import type { AppliedOperation } from "../../node/watch-query.ts";
import type { NodeId, Sequence } from "../../replication/types.ts";
import type { VirtualCluster } from "../world/cluster.ts";
import { Violation } from "../world/violation.ts";

interface Attached {
  readonly id: NodeId;
  readonly node: KvNode;
  readonly resume: () => void;
  readonly cancel: Cancel;
}

export class Watcher {
  readonly #cluster: VirtualCluster;
  readonly #prefix: string;
  /** Everything up to here was delivered to this client, or was not for it. */
  #cursor: Sequence = 0;
  #attached: Attached | undefined;
  #paused = false;
  /** When it came, its node had not applied so far: the node may close before it decides. */
  #cameAhead = false;

  constructor(cluster: VirtualCluster, prefix: string) {
    this.#cluster = cluster;
    this.#prefix = prefix;
  }

  /** Goes on with its last sequence, at another node or the same. */
  attach(id: NodeId): void {
    const process = this.#cluster.member(id).process;
    this.#attached?.cancel();
    this.#attached = undefined;
    this.#paused = false;
    if (process === undefined) return;
    const { shown: node } = process;
    let current = true;
    this.#cameAhead = this.#cursor > node.applied;
    const result = node.watch({
      prefix: this.#prefix,
      after: this.#cursor,
      applied: (operations) => current && this.#delivered(id, operations),
      passed: (sequence) => current && this.#passed(id, sequence),
      failed: ({ code }) => {
        if (!current) return;
        this.#refused(id, code);
        this.#attached = undefined;
      },
    });
    if (!result.ok) {
      this.#refused(id, result.failure.code);
      return;
    }
    if (this.#cursor > 0) this.#cluster.coverage.met("watch resumed");
    if (this.#cursor > node.applied) this.#cluster.coverage.met("watch resumed ahead of its node");
    const cancel = () => {
      current = false;
      result.value.cancel();
    };
    this.#attached = { id, node, resume: result.value.resume, cancel };
  }

  /** The client reads on, or elsewhere if its node is gone. */
  goOn(elsewhere: NodeId): void {
    const attached = this.#attached;
    if (attached === undefined || this.#cluster.node(attached.id) !== attached.node) {
      this.attach(elsewhere);
      return;
    }
    if (!this.#paused) return;
    this.#paused = false;
    attached.resume();
  }

  /** Whole entries, in order. */
  #delivered(id: NodeId, operations: readonly AppliedOperation[]): boolean {
    const { coverage } = this.#cluster;
    const entries = Map.groupBy(operations, ({ sequence }) => sequence);
    const inOrder = [...entries.values()].flat();
    if (inOrder.length === 0 || inOrder.some((operation, at) => operation !== operations[at]))
      throw new Violation(`a watch of ${id} delivers parts of ${[...entries.keys()].join(", ")}`);
    for (const [sequence, written] of entries) {
      this.#deliveredEntry(id, sequence, written);
      this.#paused ||= this.#cluster.chance.happens(0.05);
    }
    if (this.#paused) coverage.met("watch paused");
    return !this.#paused;
  }

  #deliveredEntry(id: NodeId, sequence: Sequence, operations: readonly AppliedOperation[]): void {
    if (sequence <= this.#cursor)
      throw new Violation(`a watch of ${id} delivers ${sequence} again, after ${this.#cursor}`);
    this.#nothingBefore(sequence, `a watch of ${id} delivers ${sequence}`);
    const written = this.#cluster.history.operations(sequence) ?? [];
    const expected = written.filter(({ key }) => this.#covers(key));
    const differs = (operation: AppliedOperation, at: number) =>
      operation.key !== expected[at]?.key || operation.value !== expected[at]?.value;
    if (operations.length !== expected.length || operations.some(differs))
      throw new Violation(`a watch of ${id} delivers ${JSON.stringify(operations)}`);
    this.#cursor = sequence;
  }

  /** From here on it would go on after that sequence. */
  #passed(id: NodeId, sequence: Sequence): boolean {
    if (this.#paused || sequence <= this.#cursor)
      throw new Violation(`a watch of ${id} is at ${sequence}, which is not news`);
    this.#nothingBefore(sequence + 1, `a watch of ${id} is at ${sequence}`);
    this.#cursor = sequence;
    this.#cluster.coverage.met("watch told its position");
    return true;
  }

  #covers(key: string): boolean {
    return key.startsWith(this.#prefix);
  }

  #nothingBefore(sequence: Sequence, deed: string): void {
    const { history } = this.#cluster;
    for (let at = this.#cursor + 1; at < sequence; at += 1)
      if (history.operations(at)?.some(({ key }) => this.#covers(key)) === true)
        throw new Violation(`${deed}, but its client never heard of ${at}`);
  }

  /** A watch may only be refused where the log is really gone, or nobody knows how far it reaches. */
  #refused(id: NodeId, code: string): void {
    const storage = this.#cluster.member(id).process?.storage;
    if (storage === undefined) return;
    const { first } = storage.logBounds();
    const { applied } = storage.summary();
    const isAhead = this.#cursor > applied;
    if (isAhead && code === "RECOVERING") return;
    if (this.#cameAhead && code === "SHUTTING_DOWN") return;
    if (code !== "COMPACTED") throw new Violation(`a watch of ${id} is refused with ${code}`);
    // Only a leader that lost entries has a log that ends before what a client has seen.
    // One that nobody told of its successor is taken for the leader as well.
    const node = this.#cluster.node(id);
    const log = node?.role === "leader" ? node : this.#cluster.node(this.#cluster.leader);
    const isLost = !this.#cluster.failover && this.#cursor > (log?.position().last ?? 0);
    const isGone = this.#cursor < applied && (first === 0 || first > this.#cursor + 1);
    if (!isGone && !isLost)
      throw new Violation(
        `a watch of ${id} after ${this.#cursor} is COMPACTED, but the log begins at ${first}`,
      );
    this.#cluster.coverage.met("watch told COMPACTED");
    // As a real client would: it reads the whole store and watches from there.
    this.#cursor = applied;
  }

  /** All is quiet: a live client has heard of everything its node applied. */
  mustBeComplete(): void {
    const attached = this.#attached;
    if (attached === undefined || this.#paused) return;
    if (this.#cluster.node(attached.id) !== attached.node) return;
    this.#nothingBefore(attached.node.applied + 1, `a watch of ${attached.id} is live`);
    const last = this.#cluster.node(this.#cluster.leader)?.position().last ?? 0;
    if (this.#cursor > last)
      throw new Violation(
        `a watch of ${attached.id} is deaf: at ${this.#cursor}, the log at ${last}`,
      );
  }
}
