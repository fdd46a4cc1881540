/** Faults in which cluster a node takes itself and others to belong to. */
import type { PlantedFault } from "./planted-fault.ts";

export const clusterFaultsPlanted: readonly PlantedFault[] = [
  {
    name: "nodes of two clusters have nothing against each other",
    story: "93",
    file: "replication/cluster-id.ts",
    from: "return !isEmpty(own) && !isEmpty(theirs);",
    to: "return !isEmpty(own) && !isEmpty(theirs) && own.id === theirs.id;",
  },
  {
    name: "data without an id passes for that of a cluster whose id is confirmed",
    story: "101",
    file: "replication/cluster-id.ts",
    from: "const isEmpty = (mark: ClusterMark) => mark.blank && !mark.confirmed;",
    to: "const isEmpty = (mark: ClusterMark) => !mark.confirmed;",
  },
  {
    name: "a node votes for one of another cluster",
    story: "94",
    file: "node/roles/follower/candidacy.ts",
    from: "this.#election.answer(candidate, number, this.#now, stranger)",
    to: "this.#election.answer(candidate, number, this.#now)",
  },
  {
    name: "an id is confirmed although one node does not hold it",
    story: "92",
    file: "replication/leader/identity.ts",
    from: "if (this.#holders.size < this.#followers) return undefined;",
    to: "if (this.#holders.size < this.#followers - 1) return undefined;",
  },
  {
    name: "an id is called confirmed before that is flushed",
    story: "102",
    file: "replication/leader/identity.ts",
    from: "this.#isConfirming = true;",
    to: "this.#isConfirming = true;\n    this.confirmed();",
  },
  {
    name: "a new cluster takes a write before its id is confirmed",
    story: "92",
    file: "replication/leader/identity.ts",
    from: "if (!isEmpty || this.#held?.confirmed === true) return undefined;",
    to: "if (!isEmpty || this.#held !== undefined) return undefined;",
  },
  {
    name: "a leader without a disk makes another id than that of its followers",
    story: "104",
    file: "replication/leader/identity.ts",
    from: "choose([this.mark, ...shown])",
    to: "choose([this.mark, ...shown].slice(0, 1))",
  },
  {
    name: "a leader without a disk goes by two clusters at once",
    story: "100",
    file: "replication/leader/identity.ts",
    from: "this.#claim = { id: theirs.id, confirmed: true };",
    to: 'if (from === "") this.#claim = { id: theirs.id, confirmed: true };',
  },
  {
    name: "a blank node forgets to which cluster it has promised",
    story: "103",
    file: "replication/follower/cluster.ts",
    from: "return { id: cluster.id, confirmed: true };",
    to: "return held;",
  },
  {
    name: "a node that is led does not note the id",
    story: "96",
    file: "replication/follower/cluster.ts",
    from: "return { id: told.id, confirmed: told.confirmed };",
    to: "return held;",
  },
];
