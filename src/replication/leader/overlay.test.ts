import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entryOf, put } from "../../../test/support/benches/samples.ts";
import type { Operation } from "../types.ts";
import { Overlay } from "./overlay.ts";

describe("rule 5: a read sees", () => {
  test("the newest settled write of the key, passing over open ones", () => {
    const overlay = new Overlay();
    const entries = ["1", "2", "3"].map((value, at) => entryOf(at + 1, [put("a", value)]));
    for (const entry of entries) overlay.propose(entry, false);
    expect(overlay.readView("a")).toEqual({ type: "store" });
    const [first, second] = entries;
    if (second !== undefined) overlay.settle(second);
    expect(overlay.readView("a")).toMatchObject({ type: "pending", write: { value: "2" } });
    if (first !== undefined) overlay.settle(first);
    expect(overlay.readView("a")).toMatchObject({ type: "pending", write: { value: "2" } });
  });

  test("a settled deletion as such", () => {
    const overlay = new Overlay();
    const entry = entryOf(1, [{ key: "a" }]);
    overlay.propose(entry, false);
    overlay.settle(entry);
    expect(overlay.readView("a")).toMatchObject({ type: "pending", write: { value: undefined } });
  });

  test("nothing surer than an inherited write that has not settled again", () => {
    const overlay = new Overlay();
    const inherited = entryOf(1);
    const fresh = entryOf(2);
    overlay.propose(inherited, true);
    overlay.propose(fresh, false);
    expect(overlay.readView("a")).toEqual({ type: "unsure", sequence: 1 });
    expect(overlay.settledView("a")).toEqual({ type: "store" });
    expect(overlay.readView("b")).toEqual({ type: "store" });
    expect(overlay.unsureThrough()).toBe(1);
    overlay.settle(fresh);
    expect(overlay.readView("a")).toMatchObject({ type: "pending" });
    expect(overlay.unsureThrough()).toBe(1);
    overlay.settle(inherited);
    overlay.settle(inherited);
    expect(overlay.unsureThrough()).toBe(0);
  });
});

test("of several operations of one entry on a key the last one counts", () => {
  const overlay = new Overlay();
  const entry = entryOf(1, [put("a", "1"), put("a", "2")]);
  overlay.propose(entry, true);
  overlay.settle(entry);
  expect(overlay.readView("a")).toMatchObject({ write: { value: "2" } });
  expect(overlay.unsureThrough()).toBe(0);
  overlay.applied(entry);
  expect([...overlay.keys()]).toEqual([]);
});

test("in any order of settling it tells what a plain list of writes tells, and forgets it all", () => {
  const operation = fc.record({ key: fc.constantFrom("a", "b"), value: fc.constantFrom("1", "2") });
  const entries = fc.array(fc.array(operation, { maxLength: 3 }), { maxLength: 12 });
  fc.assert(
    fc.property(entries, fc.infiniteStream(fc.nat()), (drafts, draws) => {
      const overlay = new Overlay();
      const log = drafts.map((operations, at) => entryOf(at + 1, operations as Operation[]));
      for (const entry of log) overlay.propose(entry, false);
      const settled = new Set<number>();
      const open = [...log];
      let applied = 0;
      while (applied < log.length) {
        const [entry] = open.splice((draws.next().value ?? 0) % Math.max(1, open.length), 1);
        if (entry !== undefined) {
          overlay.settle(entry);
          settled.add(entry.sequence);
        }
        while (settled.has(applied + 1)) {
          const next = log[applied];
          if (next !== undefined) overlay.applied(next);
          applied += 1;
        }
        for (const key of ["a", "b"]) {
          const writes = log
            .filter(({ sequence }) => sequence > applied)
            .flatMap(({ sequence, operations }) =>
              operations
                .filter((each) => each.key === key)
                .map(({ value }) => ({ sequence, value })),
            );
          expect(overlay.newestProposed(key)?.sequence).toBe(writes.at(-1)?.sequence);
          const seen = writes.findLast(({ sequence }) => settled.has(sequence));
          const sight = overlay.readView(key);
          expect(sight.type === "pending" ? sight.write.value : undefined).toBe(seen?.value);
        }
      }
      expect([...overlay.keys()]).toEqual([]);
    }),
  );
});
