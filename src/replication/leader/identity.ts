/** The id of a leader's cluster: how it is found, and when all nodes hold it. DESIGN.md, "Which cluster". */
import { choose, clash, heeds } from "../cluster-id.ts";
import type { ClusterId, ClusterMark, HardState, NodeId } from "../types.ts";

export class ClusterIdentity {
  /** For a cluster that has none yet: another one in each process. */
  readonly #fresh: string;
  readonly #followers: number;
  /** As flushed: what it shows. Invariant: it is shown as confirmed only once that is flushed. */
  #held: ClusterId | undefined;
  /** What those who promised have shown. */
  readonly #shown = new Map<NodeId, ClusterMark | undefined>();
  /** The first confirmed id that was shown to a blank leader, which goes by it from then on. */
  #claim: ClusterId | undefined;
  /** Followers that hold the id durably, as they said in this epoch. */
  readonly #holders = new Set<NodeId>();
  #isConfirming = false;
  #blank: boolean;

  constructor(start: { fresh: string; followers: number; hardState: HardState }) {
    this.#fresh = start.fresh;
    this.#followers = start.followers;
    this.#held = start.hardState.cluster;
    this.#blank = start.hardState.blank;
  }

  /** As flushed, or as it was shown to a leader that has none. */
  get mark(): ClusterMark {
    const { id = "", confirmed = false } = this.#held ?? this.#claim ?? {};
    return { id, confirmed, blank: this.#blank };
  }

  /** What `lead` and heartbeats carry. */
  get held(): ClusterId | undefined {
    return this.#held;
  }

  clashes(theirs: ClusterMark | undefined): boolean {
    return clash(this.mark, theirs);
  }

  heeds(theirs: ClusterMark | undefined): boolean {
    return heeds(this.mark, theirs);
  }

  /** A follower has promised. True: one that promised before turns out to be a stranger. */
  promised(from: NodeId, theirs: ClusterMark | undefined): boolean {
    this.#shown.set(from, theirs);
    if (theirs?.confirmed !== true || theirs.blank || this.mark.confirmed) return false;
    this.#claim = { id: theirs.id, confirmed: true };
    if (this.#held !== undefined && this.#blank) this.#held = undefined;
    const strangers = [...this.#shown].filter(([, mark]) => this.clashes(mark));
    for (const [id] of strangers) this.#shown.delete(id);
    return strangers.length > 0;
  }

  /** The id of the log that is about to be flushed. */
  choose(): ClusterId {
    // Which cluster a blank node has promised to says nothing of this one.
    const shown = [...this.#shown.values()].flatMap((mark) =>
      mark === undefined || (mark.confirmed && mark.blank) ? [] : [mark],
    );
    return choose([this.mark, ...shown]) ?? { id: this.#fresh, confirmed: false };
  }

  /** This node leads from now on: what it holds is flushed. */
  leads(hardState: HardState): void {
    const { cluster, blank } = hardState;
    this.#held = cluster;
    this.#claim = undefined;
    this.#blank = blank;
  }

  /** That follower says which id is durable there. */
  received(from: NodeId, theirs: ClusterId | undefined): void {
    if (theirs !== undefined && theirs.id === this.#held?.id) this.#holders.add(from);
  }

  /** The follower's disk was replaced. */
  forget(id: NodeId): void {
    this.#holders.delete(id);
  }

  /** All nodes hold it: that is to be flushed, once. */
  takeConfirmed(): ClusterId | undefined {
    if (this.#held === undefined || this.#held.confirmed || this.#isConfirming) return undefined;
    if (this.#holders.size < this.#followers) return undefined;
    this.#isConfirming = true;
    return { ...this.#held, confirmed: true };
  }

  /** That it is confirmed is flushed. */
  confirmed(): void {
    if (this.#held !== undefined) this.#held = { ...this.#held, confirmed: true };
  }

  /** Why nothing is written yet, if nothing ever was. */
  describe(isEmpty: boolean): string | undefined {
    if (!isEmpty || this.#held?.confirmed === true) return undefined;
    // It cannot be confirmed as long as a former version runs.
    if ([...this.#shown.values()].includes(undefined)) return undefined;
    return (
      `starting: ${this.#holders.size} of ${this.#followers} followers hold the id of this new cluster; ` +
      "all must, before the first write"
    );
  }
}
