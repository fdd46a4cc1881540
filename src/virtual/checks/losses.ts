import type { Entry, NodeId, Sequence } from "../../replication/types.ts";
import { asked, type Excuse } from "../world/account.ts";
import type { VirtualCluster } from "../world/cluster.ts";
import { contentOf } from "../world/history.ts";
import type { Known } from "../world/known.ts";
import { Violation } from "../world/violation.ts";
import { whatElectionsCouldMiss } from "./elections.ts";
import { type Copies, excusesOf } from "./excuses.ts";
import { type Disks, type Missed, whatRecoveryCouldMiss } from "./loss.ts";

const one = { entriesMax: 1, bytesMax: 1 };

type Counted = typeof asked | `excused: ${Excuse}`;

/** Asks what a cluster would lose with some disks, and counts what had to be excused. */
export class Losses {
  readonly #cluster: VirtualCluster;
  readonly #counted = new Map<Counted, Set<Sequence>>();

  constructor(cluster: VirtualCluster) {
    this.#cluster = cluster;
  }

  /**
   * What some recovery under this leader would not keep without these disks, and why the design
   * admits it. A violation where it does not: found before anything is lost.
   */
  ask(without: readonly NodeId[], leader: NodeId): ReadonlyMap<Sequence, Excuse> {
    const { history, members, settings, failover } = this.#cluster;
    const disks: Disks = {
      leader,
      looks: new Map([...members].map(([id, { disk }]) => [id, disk.look()])),
      without: new Set(without),
      writeQuorum: settings.writeQuorum,
      contentOf: ({ operations }) => contentOf(operations),
    };
    // An entry is asked for no more lost disks than its writer wanted copies.
    const lost = without.filter((id) => failover || id !== leader).length - (failover ? 1 : 0);
    const count = (what: Counted, sequence: Sequence, quorum = 0) => {
      if (lost === 0 || quorum > lost) this.#count(what, sequence);
    };
    const known = function* (above: Sequence): IterableIterator<[Sequence, Known]> {
      for (const [sequence, entry] of history.known(above)) {
        // An elected leader has nothing applied that is not on another node.
        const quorum = failover ? Math.max(1, entry.quorum) : entry.quorum;
        count(asked, sequence, quorum);
        yield [sequence, { ...entry, quorum }];
      }
    };
    const excused = new Map<Sequence, Excuse>();
    const misses = failover
      ? whatElectionsCouldMiss(disks, known)
      : whatRecoveryCouldMiss(disks, known);
    for (const missed of misses)
      for (const [sequence, excuse] of excusesOf(missed, this.#copies(disks))) {
        if (excuse === undefined)
          throw new Violation(describe({ without, leader, missed, sequence }));
        count(`excused: ${excuse}`, sequence, missed.entries.get(sequence)?.quorum);
        excused.set(sequence, excuse);
      }
    return excused;
  }

  /** Counts an entry once for each thing that was found of it, however often it was asked about. */
  #count(what: Counted, sequence: Sequence): void {
    const counted = this.#counted.get(what) ?? new Set();
    this.#counted.set(what, counted);
    if (counted.has(sequence)) return;
    counted.add(sequence);
    this.#cluster.coverage.met(what);
  }

  #copies({ looks, without }: Disks): Copies {
    const { history, ids } = this.#cluster;
    const has = (id: NodeId, sequence: Sequence, content: string) => {
      const disk = looks.get(id);
      const [entry] = disk?.readLog(sequence, one) ?? [];
      if (entry?.sequence === sequence && contentOf(entry.operations) === content) return true;
      return (disk?.summary().applied ?? 0) >= sequence;
    };
    const entriesAt = (sequence: Sequence) =>
      ids
        .filter((id) => !without.has(id))
        .flatMap((id) => looks.get(id)?.readLog(sequence, one) ?? [])
        .filter((entry) => entry.sequence === sequence);
    return {
      members: ids,
      holds: (id, sequence, content) => !without.has(id) && has(id, sequence, content),
      isOutranked: (sequence, content) => {
        const entries = entriesAt(sequence);
        const isCopy = ({ operations }: Entry) => contentOf(operations) === content;
        const own = Math.max(0, ...entries.filter(isCopy).map(({ epoch }) => epoch));
        return entries.some((entry) => !isCopy(entry) && entry.epoch > own);
      },
      wasLost: (id, sequence, content) =>
        (without.has(id) && has(id, sequence, content)) ||
        history.holdings.wasLost(id, sequence, content),
    };
  }
}

function describe(loss: {
  without: readonly NodeId[];
  leader: NodeId;
  missed: Missed;
  sequence: Sequence;
}): string {
  const { without, leader, missed, sequence } = loss;
  const { content, quorum, degraded } = missed.entries.get(sequence) ?? {};
  const lost = without.length === 0 ? "" : `without the disk of ${without.join(" and ")}, `;
  const heard = missed.heard.length === 0 ? "its own log" : missed.heard.join(" and ");
  const floor = missed.floor === undefined ? "" : ` with floor ${missed.floor}`;
  return (
    `${lost}a recovery of ${leader} that hears ${heard}${floor} does not keep entry ${sequence}, ` +
    `${content}, settled with quorum ${quorum}${degraded ? " by a floor too few knew" : ""}`
  );
}
