import fc from "fast-check";
import { expect, test } from "vitest";
import { findAnomaly, type Transaction } from "../../src/virtual/linearizability/transactions.ts";

const keys = ["a", "b", "c"] as const;

interface Step {
  readonly reads: readonly number[];
  readonly writes: readonly { readonly key: number; readonly isDeletion: boolean }[];
  /** How long it takes, and how long before the next one takes effect. */
  readonly slow: number;
}

const step = fc.record({
  reads: fc.uniqueArray(fc.nat(2), { maxLength: 3 }),
  writes: fc.array(fc.record({ key: fc.nat(2), isDeletion: fc.boolean() }), { maxLength: 2 }),
  slow: fc.nat(3),
});

/** What a store that carries out one after another would have told its clients. */
function tell(steps: readonly Step[]): Transaction[] {
  const versions = new Map<string, number>();
  let place = 0;
  return steps.map(({ reads, writes, slow }, index) => {
    const nameOf = (at: number) => keys[at] ?? "a";
    const seen = reads.map((at) => ({ key: nameOf(at), version: versions.get(nameOf(at)) ?? 0 }));
    if (writes.length > 0) place += 1;
    for (const { key, isDeletion } of writes) versions.set(nameOf(key), isDeletion ? 0 : place);
    const [invokedAt, returnedAt] = [10 * index - 10 * slow, 10 * index + 5];
    const wrote = writes.map(({ key, isDeletion }) => ({ key: nameOf(key), isDeletion }));
    return { client: `c${index}`, invokedAt, returnedAt, place, seen, writes: wrote };
  });
}

test("what happened one after another is explained, also without some of the writes", () => {
  fc.assert(
    fc.property(fc.array(step), fc.func(fc.boolean()), (steps, isUnknown) => {
      const history = tell(steps);
      expect(findAnomaly(history)).toBeUndefined();
      const known = history.filter(
        ({ client, writes }) => writes.length === 0 || !isUnknown(client),
      );
      expect(findAnomaly(known)).toBeUndefined();
    }),
  );
});

test("a version older than one that was written below it is found", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 3 }), fc.nat(), (steps, draw) => {
      const history = tell(steps);
      const stale = history.flatMap((one, at) =>
        one.seen.flatMap(({ version }, index) => (version > 1 ? [{ at, index }] : [])),
      );
      const chosen = stale[draw % Math.max(1, stale.length)];
      fc.pre(chosen !== undefined);
      const spoilt = history.map((one, at) => ({
        ...one,
        seen: one.seen.map((each, index) =>
          at === chosen?.at && index === chosen.index
            ? { ...each, version: each.version - 1 }
            : each,
        ),
      }));
      expect(findAnomaly(spoilt)).toContain("saw");
    }),
  );
});

const write = (place: number, span: [number, number], key = "a"): Transaction => ({
  ...{ client: `w${place}`, place, seen: [], writes: [{ key, isDeletion: false }] },
  ...{ invokedAt: span[0], returnedAt: span[1] },
});
const view = (place: number, span: [number, number], seen: Transaction["seen"]): Transaction => ({
  ...{ client: "v", place, seen, writes: [], invokedAt: span[0], returnedAt: span[1] },
});

test.for<[string, Transaction[], string | undefined]>([
  [
    "a view misses what was answered before",
    [write(3, [0, 1]), view(2, [2, 3], [])],
    "began after",
  ],
  ["a view overlaps a write that it misses", [write(3, [0, 2]), view(2, [1, 3], [])], undefined],
  [
    "a write comes before a view that was answered",
    [view(3, [0, 1], []), write(3, [2, 3])],
    "began",
  ],
  ["views go back", [view(3, [0, 1], []), view(2, [2, 3], [])], "began after"],
  ["two writes share a place", [write(3, [0, 9]), write(3, [0, 9], "b")], "one place"],
  [
    "a key is absent: somebody may have deleted it without an answer",
    [
      {
        ...write(1, [0, 9]),
        writes: [
          { key: "a", isDeletion: false },
          { key: "b", isDeletion: false },
        ],
      },
      view(
        1,
        [0, 9],
        [
          { key: "a", version: 1 },
          { key: "b", version: 0 },
        ],
      ),
    ],
    undefined,
  ],
  [
    "an older version of half a batch is seen",
    [
      write(1, [0, 9], "b"),
      {
        ...write(2, [0, 9]),
        writes: [
          { key: "a", isDeletion: false },
          { key: "b", isDeletion: false },
        ],
      },
      view(
        2,
        [0, 9],
        [
          { key: "a", version: 2 },
          { key: "b", version: 1 },
        ],
      ),
    ],
    "saw b at 1",
  ],
])("%s", ([, history, anomaly], { expect }) => {
  if (anomaly === undefined) expect(findAnomaly(history)).toBeUndefined();
  else expect(findAnomaly(history)).toContain(anomaly);
});
