/** What a virtual cluster's nodes look like, each as one immutable object that is the same while nothing of it changes. */
import type { NodeEvent } from "../../node/api.ts";
import type { StorageBatch } from "../../node/ports.ts";
import { isHidden } from "../../replication/hidden-keys.ts";
import type { Entry, NodeId, Sequence } from "../../replication/types.ts";
import type { Member, VirtualCluster } from "../world/cluster.ts";
import { describeDeeds } from "../world/narrate.ts";
import type { Delivery } from "../world/stream.ts";
import type { CellView, KeyView, NodeView } from "./moments.ts";

/** Of a log, the newest. */
const cellsMax = 48;
const keysMax = 200;
const noLimit = { entriesMax: Number.MAX_SAFE_INTEGER, bytesMax: Number.MAX_SAFE_INTEGER };

interface Seen {
  view: NodeView | undefined;
  /** In memory; whatever of it the disk holds as well is not shown from here. */
  readonly received: Map<Sequence, Pick<Entry, "epoch"> & { readonly text: string }>;
  readonly settled: Set<Sequence>;
  /** Something may look different that figures do not tell. */
  isStale: boolean;
}

export class NodeViews {
  readonly #cluster: VirtualCluster;
  readonly #seen: ReadonlyMap<NodeId, Seen>;
  #views: readonly NodeView[] = [];

  constructor(cluster: VirtualCluster) {
    this.#cluster = cluster;
    this.#seen = new Map(
      cluster.ids.map((id) => [
        id,
        { view: undefined, received: new Map(), settled: new Set(), isStale: true },
      ]),
    );
  }

  changed(id: NodeId): void {
    this.#of(id).isStale = true;
  }

  /** Its process died: whatever was in memory is gone. */
  crashed(id: NodeId): void {
    const seen = this.#of(id);
    seen.received.clear();
    seen.settled.clear();
    seen.isStale = true;
  }

  flushing(id: NodeId, { append }: StorageBatch): void {
    this.#receive(id, append);
  }

  delivered({ to, message }: Delivery): void {
    if (message.type === "append") this.#receive(to, message.entries);
  }

  #receive(id: NodeId, entries: readonly Entry[]): void {
    const seen = this.#of(id);
    for (const entry of entries)
      seen.received.set(entry.sequence, { epoch: entry.epoch, text: describeDeeds(entry) });
    seen.isStale ||= entries.length > 0;
  }

  /** A leader proposed, or settled. */
  heard(id: NodeId, event: NodeEvent): void {
    const seen = this.#of(id);
    if (event.type === "settled") seen.settled.add(event.sequence);
    else if (event.type === "write" && !seen.received.has(event.sequence)) {
      const epoch = this.#cluster.node(id)?.position().epoch ?? 0;
      seen.received.set(event.sequence, { epoch, text: event.keys.join(", ") });
    } else return;
    seen.isStale = true;
  }

  #of(id: NodeId): Seen {
    const seen = this.#seen.get(id);
    if (seen === undefined) throw new Error(`no node ${id}`);
    return seen;
  }

  /** The same array as before if no node changed. */
  look(): readonly NodeView[] {
    const views = this.#cluster.ids.map((id) => this.#view(id));
    if (!isSame(views, this.#views)) this.#views = views;
    return this.#views;
  }

  #view(id: NodeId): NodeView {
    const member = this.#cluster.member(id);
    const seen = this.#of(id);
    const figures = this.#figures(member);
    const before = seen.view;
    if (before !== undefined && !seen.isStale && hasFigures(before, figures)) return before;
    seen.isStale = false;
    const cells = shared(cellsOf(member, figures, seen), before?.cells, isSameCell);
    const disk = shared(keysOf(member), before?.disk, isSameKey);
    const view = { ...figures, cells, disk };
    const isOld = before?.cells === cells && before.disk === disk && hasFigures(before, figures);
    if (!isOld) seen.view = view;
    return isOld ? before : view;
  }

  #figures({ id, disk, process }: Member): Omit<NodeView, "cells" | "disk"> {
    const { promisedEpoch, promisedLeader } = disk.state.hardState;
    const { applied } = disk.state.summary;
    const isFrozen = process !== undefined && process.clock.frozenUntil > this.#cluster.time.now();
    const down = { epoch: promisedEpoch, last: disk.state.logBounds.last, committed: applied };
    const { epoch, last, committed } = process?.node.position() ?? down;
    return {
      id,
      state: process === undefined ? "down" : isFrozen ? "frozen" : "up",
      role: process?.node.role ?? "follower",
      leader: process?.node.leader ?? "",
      ...{ epoch, promisedEpoch, promisedLeader: promisedLeader || undefined },
      ...{ last, committed, applied },
      diskState: disk.fault ?? "ok",
    };
  }
}

type Figures = Omit<NodeView, "cells" | "disk">;

function hasFigures(view: NodeView, figures: Figures): boolean {
  for (const name of Object.keys(figures) as (keyof Figures)[])
    if (view[name] !== figures[name]) return false;
  return true;
}

function cellsOf({ disk }: Member, { committed, applied }: Figures, seen: Seen): CellView[] {
  const { first, last } = disk.state.logBounds;
  const newest = Math.max(last, ...seen.received.keys());
  const from = Math.max(first, newest - cellsMax + 1);
  const cells = new Map<Sequence, CellView>();
  for (const entry of disk.state.readLog(from, noLimit)) {
    const { sequence, epoch } = entry;
    const isCommitted = sequence <= committed;
    const state =
      sequence <= applied
        ? "applied"
        : isCommitted
          ? "committed"
          : seen.settled.has(sequence)
            ? "settled"
            : "durable";
    cells.set(sequence, { sequence, epoch, text: describeDeeds(entry), state });
  }
  for (const [sequence, { epoch, text }] of seen.received) {
    const durable = cells.get(sequence);
    if (sequence <= applied || (durable !== undefined && durable.epoch >= epoch))
      seen.received.delete(sequence);
    else cells.set(sequence, { sequence, epoch, text, state: "received" });
  }
  return [...cells.values()].sort((one, other) => one.sequence - other.sequence).slice(-cellsMax);
}

const keysOf = ({ disk }: Member): KeyView[] =>
  disk
    .look()
    .list({ prefix: "", limit: keysMax })
    .filter(({ key }) => !isHidden(key))
    .map(({ key, value, version }) => ({ key, value, version }));

const isSameCell = (one: CellView, other: CellView): boolean =>
  one.sequence === other.sequence &&
  one.epoch === other.epoch &&
  one.state === other.state &&
  one.text === other.text;
const isSameKey = (one: KeyView, other: KeyView): boolean =>
  one.key === other.key && one.version === other.version && one.value === other.value;

/** The former list where nothing changed, else the new one with whatever is the same in both. */
function shared<T>(
  list: T[],
  before: readonly T[] | undefined,
  isEqual: (one: T, other: T) => boolean,
): readonly T[] {
  if (before === undefined) return list;
  const kept = list.map((item) => before.find((old) => isEqual(old, item)) ?? item);
  return isSame(kept, before) ? before : kept;
}

const isSame = <T>(one: readonly T[], other: readonly T[]): boolean =>
  one.length === other.length && one.every((item, at) => item === other[at]);
