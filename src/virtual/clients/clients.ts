/** Clients of a virtual cluster: they write, read and watch. What they are told is checked at once, or noted for the end. */
import type { Result } from "../../errors.ts";
import type { WriteReceipt, WriteRequest } from "../../node/api.ts";
import type { NodeId } from "../../replication/types.ts";
import { Observed } from "../checks/observed.ts";
import type { VirtualCluster } from "../world/cluster.ts";
import type { Violation } from "../world/violation.ts";
import { Calls } from "./calls.ts";
import { KeyViews } from "./key-views.ts";
import { Promised } from "./promised.ts";
import { Readers } from "./readers.ts";
import { Watcher } from "./watchers.ts";
import { type Write, Writers } from "./writers.ts";

export class Clients {
  readonly #cluster: VirtualCluster;
  readonly #calls: Calls;
  readonly #views: KeyViews;
  readonly #promised: Promised;
  readonly #writers: Writers;
  readonly #readers: Readers;
  readonly #watchers: readonly Watcher[];

  constructor(cluster: VirtualCluster) {
    this.#cluster = cluster;
    this.#calls = new Calls(() => cluster.time.now());
    this.#views = new KeyViews(cluster);
    this.#promised = new Promised(cluster);
    const observed = new Observed(cluster);
    const parts = { cluster, calls: this.#calls, observed, views: this.#views };
    const writers = new Writers(parts);
    this.#writers = writers;
    this.#readers = new Readers({
      ...parts,
      promised: this.#promised,
      newest: () => writers.newest,
    });
    this.#watchers = ["", "a", "b1"].map((prefix) => new Watcher(cluster, prefix));
  }

  /** Writes and reads until `over` says that it is over. */
  begin(over: () => boolean): void {
    const { chance } = this.#cluster;
    this.#writers.isOver = over;
    this.#repeat(
      over,
      () => chance.between(0, chance.pick([4, 40, 200])),
      () => this.#writers.burst(),
    );
    this.beginReading(over);
  }

  beginReading(over: () => boolean): void {
    const { chance } = this.#cluster;
    this.#repeat(
      over,
      () => chance.between(0, 40),
      () => this.#readers.readSomewhere(),
    );
    this.#repeat(
      over,
      () => chance.between(0, 120),
      () => this.#watchOn(),
    );
  }

  #repeat(over: () => boolean, pause: () => number, deed: () => void): void {
    const next = () => {
      if (over()) return;
      this.#cluster.time.after(pause(), next);
      deed();
    };
    this.#cluster.time.after(1, next);
  }

  #watchOn(): void {
    const { chance, ids } = this.#cluster;
    const watcher = chance.pick(this.#watchers);
    const elsewhere = chance.pick(ids);
    if (chance.happens(0.1)) watcher.attach(elsewhere);
    else watcher.goOn(elsewhere);
  }

  /** See Writers. */
  write(how: Write): void {
    this.#writers.write(how);
  }

  /** Writes of which each rests on the one before. */
  writeChain(): void {
    this.#writers.writeChain();
  }

  submit(request: WriteRequest, told?: (result: Result<WriteReceipt>) => void): void {
    this.#writers.submit(request, told);
  }

  submitTo(
    leader: NodeId,
    request: WriteRequest,
    told?: (result: Result<WriteReceipt>) => void,
  ): void {
    this.#writers.submitTo(leader, request, told);
  }

  readLeader(key: string, leader?: NodeId): void {
    this.#readers.readLeader(key, leader);
  }

  /** See Readers. */
  readLinearizably(id: NodeId, key?: string, told?: (isAnswered: boolean) => void): void {
    this.#readers.readLinearizably(id, key, told);
  }

  /** See Promised. */
  whenKept<T>(id: NodeId, promise: Promise<T>, told: (kept: T) => void): void {
    this.#promised.whenKept(id, promise, told);
  }

  get isPromised(): boolean {
    return this.#promised.isPromised;
  }

  get wrong(): Violation | undefined {
    return this.#promised.wrong;
  }

  /** All is quiet: every client was told everything, and it all fits together. */
  finish(): void {
    for (const watcher of this.#watchers) watcher.mustBeComplete();
    this.#writers.finish();
    this.#calls.mustBeLinearizable();
    this.#views.finish();
  }
}
