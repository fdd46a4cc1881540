/** Faults in what clients are shown and told: reads, views, lists, watches, refusals and repeats. */
import type { PlantedFault } from "./planted-fault.ts";

export const answerFaultsPlanted: readonly PlantedFault[] = [
  {
    name: "a view of several keys shows what is not settled",
    file: "node/roles/leader/reads.ts",
    from: "const view = () => this.#viewAt(query, this.#core.committed);",
    to: "const view = () => this.#viewAt(query, this.#core.last);",
  },
  {
    name: "a view of several keys is of the committed mark, below what was answered",
    file: "node/roles/leader/reads.ts",
    from: "if (this.#core.committed >= mark) return view();",
    to: "if (this.#core.committed >= 0) return view();",
  },
  {
    name: "a view of several keys shows each as of another moment",
    file: "replication/leader/overlay.ts",
    from: "({ sequence }, at) => sequence <= through && at >= known.start",
    to: "({ settled }, at) => settled && at >= known.start",
  },
  {
    name: "a view of several keys waits for the writes of these keys only",
    story: "120",
    file: "node/roles/leader/reads.ts",
    from: "if (this.#core.committed >= mark) return view();",
    to: `if (query.keys.every((key) => this.#core.overlay.newestThrough(key, mark)?.settled !== false))
      return this.#viewAt(query, Math.max(mark, this.#core.committed));`,
  },
  {
    name: "a view of several keys is of what is settled, though no follower holds it",
    story: "122",
    file: "node/roles/leader/reads.ts",
    from: "if (this.#core.committed >= mark) return view();",
    to: `let through = this.#core.committed;
    while (this.#core.ledger.slot(through + 1)?.settled === true) through += 1;
    if (through >= mark) return this.#viewAt(query, through);`,
  },
  {
    name: "a repeat does not find the write above the store",
    file: "replication/leader/remembered.ts",
    from: "const pending = overlay.newestProposed(hidden);",
    to: 'const pending = overlay.newestProposed("nothing");',
  },
  {
    name: "a write is not remembered in its entry",
    file: "replication/leader/remembered.ts",
    from: "map((old) => ({ key: old })), remember];",
    to: "map((old) => ({ key: old }))];",
  },
  {
    name: "writes are forgotten too early",
    file: "replication/leader/remembered.ts",
    from: "now - since >= rememberMs",
    to: "now - since >= rememberMs / 4",
  },
  {
    name: "a new leader forgets what it did not propose itself",
    story: "116",
    file: "replication/leader/remembered.ts",
    from: "found.push([key, { sequence, since }]);",
    to: "found.push([key, { sequence, since: Number.NEGATIVE_INFINITY }]);",
  },
  {
    name: "the idempotency key of another write is taken for its own",
    file: "replication/leader/remembered.ts",
    from: "if (record.request === request)",
    to: "if (record.request !== '')",
  },
  {
    name: "a repeat is answered before the first one is settled",
    file: "node/roles/leader/repeat-answers.ts",
    from: "if (slot === undefined || slot.settled) {",
    to: "if (slot !== null) {",
  },
  {
    name: "a recovery brings an earlier attempt back beside the one that settled",
    story: "115",
    file: "replication/leader/remembered.ts",
    from: "{ key: recordKeyOf(key), value, ifVersion: 0 }",
    to: "{ key: recordKeyOf(key), value }",
  },
  {
    name: "watches show what is remembered of writes",
    file: "node/watch-pages.ts",
    from: " || isHidden(key)",
    to: "",
  },
  {
    name: "a view of several keys does not ask whether this node still leads",
    file: "node/roles/leader/reads.ts",
    from: "this.#notReading() ?? this.#confirming.whenConfirmed(read);\n  }\n\n  /** A view at",
    to: "this.#notReading() ?? read();\n  }\n\n  /** A view at",
    failover: true,
  },
  {
    name: "an unknown outcome names a version that a crash may give to another write",
    seed: 36,
    file: "node/roles/leader/write-answers.ts",
    from: "sequence <= this.#core.ledger.flushed && !this.#parts.options.config.failover",
    to: "sequence > 0 && !this.#parts.options.config.failover",
  },
  {
    name: "a read of the leader sees the store and not the settled writes above it",
    file: "node/roles/leader/reads.ts",
    from: 'if (view.type === "pending") {',
    to: 'if (view.type === "pending" && key === "") {',
  },
  {
    name: "a read of the leader sees a write before it is settled",
    story: "05",
    file: "replication/leader/overlay.ts",
    from: "if (write.settled) return",
    to: "if (write.settled || !write.inherited) return",
  },
  {
    name: "a read of a new leader does not wait for what the one before left open",
    seed: 37,
    file: "replication/leader/overlay.ts",
    from: 'if (write.inherited) return { type: "unsure", sequence: write.sequence };',
    to: "",
  },
  {
    name: "a list of the leader leaves the settled writes above the store out",
    file: "node/list.ts",
    from: 'if (view.type !== "pending") continue;',
    to: "if (view !== undefined) continue;",
  },
  {
    name: "a refusal does not wait for the write it rests on",
    file: "node/roles/leader/write-answers.ts",
    from: "if (after === 0 || this.#core.ledger.isSettled(after)) {",
    to: "if (after >= 0) {",
  },
  {
    name: "a watch that was paused skips what came meanwhile",
    file: "node/watches.ts",
    from: 'if (watch.state === "paused") this.#readOn(watch);',
    to: 'if (watch.state === "paused") watch.state = "live";',
  },
  {
    name: "a watch is told a position beyond its own",
    file: "node/watches.ts",
    from: "watch.passed(watch.cursor)",
    to: "watch.passed(watch.cursor + 1)",
  },
];
