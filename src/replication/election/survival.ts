/** How many more nodes a cluster can lose. Every statement of it, on the page and in documents, comes from here. */

/** What counts for it. */
export interface Strength {
  /** All nodes, the leader included. */
  readonly nodes: number;
  /** Nodes that are up and hold the data, the leader included. */
  readonly up: number;
  readonly writeQuorum: number;
  /** Nodes with data that phase 1 of an election needs. */
  readonly electionNeeds: number;
}

/** So many more nodes may fail, whichever they are. 0: the next loss may stop it, or it is stopped. */
export interface Survival {
  readonly elect: number;
  readonly write: number;
  readonly read: number;
  /** For a person. */
  readonly sentence: string;
}

/** Any of the lost nodes may be the leader, so that whatever goes on needs an election too. */
export function survivalOf({ nodes, up, writeQuorum, electionNeeds }: Strength): Survival {
  const majority = Math.floor(nodes / 2) + 1;
  const spare = (needed: number) => Math.max(0, up - needed);
  const elect = spare(electionNeeds);
  const writing = { act: `write with quorum ${writeQuorum}`, needs: writeQuorum + 1 };
  const reading = { act: "read at the leader", needs: majority };
  const spareFor = ({ needs }: typeof writing) => spare(Math.max(electionNeeds, needs));
  const going = [writing, reading].filter(({ needs }) => needs <= up);
  const stopped = [writing, reading].filter(({ needs }) => needs > up);
  const counted = (count: number) => (count === 1 ? "1 more node" : `${count} more nodes`);
  const sentence =
    up < electionNeeds
      ? `${up} nodes are up, and electing a leader needs ${electionNeeds}: if the leader is lost, nobody leads`
      : [
          [
            `can lose ${counted(elect)} and still elect a leader`,
            ...going.map((each) => `${spareFor(each)} and still ${each.act}`),
          ].join(", "),
          ...stopped.map(({ act, needs }) => `cannot ${act} until ${needs} nodes are up`),
        ].join("; ");
  return { elect, write: spareFor(writing), read: spareFor(reading), sentence };
}
