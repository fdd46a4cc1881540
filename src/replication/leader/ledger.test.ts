import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entryOf } from "../../../test/support/benches/samples.ts";
import { BrokenPromise } from "../invariant.ts";
import { Ledger, type Slot } from "./ledger.ts";

const draft = (
  sequence: number,
  facts: Partial<Omit<Slot, "entry">> = {},
): Parameters<Ledger["add"]>[0] => ({
  entry: entryOf(sequence),
  quorum: 1,
  explicit: false,
  inherited: false,
  proposedAt: 0,
  deadlineAt: 5_000,
  floorNumber: 0,
  dependsOn: [],
  ...facts,
});
const sequencesOf = (slots: readonly Slot[]) => slots.map(({ entry }) => entry.sequence);
const ack = (node: string) => ({ node, at: 0 });

test("rule 1: sequences are assigned without a hole", () => {
  const ledger = new Ledger(4);
  expect(() => ledger.add(draft(6))).toThrow(BrokenPromise);
  ledger.add(draft(5));
  expect(ledger.last).toBe(5);
});

test("the read mark covers what is settled, and what a former leader may have answered", () => {
  const ledger = new Ledger(4);
  expect(ledger.readMark).toBe(4);
  ledger.add(draft(5, { inherited: true }));
  ledger.add(draft(6, { inherited: true }));
  for (const sequence of [7, 8, 9]) ledger.add(draft(sequence));
  expect(ledger.readMark).toBe(6);
  ledger.flush(9);
  ledger.acknowledge(ack("f1"), [5, 8]);
  expect(ledger.readMark).toBe(8);
  ledger.acknowledge(ack("f1"), [7]);
  expect([ledger.readMark, ledger.committed]).toEqual([8, 5]);
});

describe("rule 2: an entry is settled", () => {
  test("not before it is flushed here, however many acked it", () => {
    const ledger = new Ledger(0);
    ledger.add(draft(1));
    expect(ledger.acknowledge(ack("f1"), [1])).toEqual([]);
    expect(ledger.acknowledge(ack("f2"), [1])).toEqual([]);
    expect(sequencesOf(ledger.flush(1))).toEqual([1]);
  });

  test("not by two acks of one follower", () => {
    const ledger = new Ledger(0);
    ledger.add(draft(1, { quorum: 2 }));
    ledger.flush(1);
    ledger.acknowledge(ack("f1"), [1]);
    expect(ledger.acknowledge(ack("f1"), [1, 1])).toEqual([]);
    expect(sequencesOf(ledger.acknowledge(ack("f2"), [1]))).toEqual([1]);
  });

  test("not before its floor note is in force", () => {
    const ledger = new Ledger(0);
    ledger.add(draft(1, { floorNumber: 2 }));
    ledger.flush(1);
    ledger.acknowledge(ack("f1"), [1]);
    expect(ledger.floorInForce(1)).toEqual([]);
    expect(sequencesOf(ledger.floorInForce(2))).toEqual([1]);
  });

  test("right after what it was conditional on, through any chain", () => {
    const ledger = new Ledger(0);
    ledger.add(draft(1, { quorum: 2 }));
    for (const at of [2, 3, 4]) ledger.add(draft(at, { dependsOn: [at - 1] }));
    ledger.flush(4);
    expect(ledger.acknowledge(ack("f1"), [4, 3, 2, 1])).toEqual([]);
    expect(sequencesOf(ledger.acknowledge(ack("f2"), [1]))).toEqual([1, 2, 3, 4]);
    expect(ledger.committed).toBe(4);
  });

  test("only once: later acks settle nothing again", () => {
    const ledger = new Ledger(0);
    ledger.add(draft(1, { quorum: 2 }));
    ledger.add(draft(2));
    ledger.flush(2);
    expect(sequencesOf(ledger.acknowledge(ack("f1"), [1, 2]))).toEqual([2]);
    expect(ledger.acknowledge(ack("f2"), [2])).toEqual([]);
    expect(ledger.floorInForce(5)).toEqual([]);
  });
});

describe("a lowered write quorum", () => {
  test("frees the open entries that follow it", () => {
    const ledger = new Ledger(0);
    ledger.add(draft(1, { quorum: 3 }));
    ledger.flush(1);
    ledger.acknowledge(ack("f1"), [1]);
    expect(sequencesOf(ledger.lowerQuorum({ quorum: 1, floorNumber: 0 }, 0))).toEqual([1]);
  });

  test("does not touch what a writer asked for, until that one was told unknown", () => {
    const ledger = new Ledger(0);
    ledger.add(draft(1, { quorum: 3, explicit: true, deadlineAt: 100 }));
    ledger.flush(1);
    ledger.acknowledge(ack("f1"), [1]);
    expect(ledger.lowerQuorum({ quorum: 1, floorNumber: 0 }, 50)).toEqual([]);
    expect(sequencesOf(ledger.lowerQuorum({ quorum: 1, floorNumber: 0 }, 100))).toEqual([1]);
  });

  test("is due for a writer that asked for more, from its deadline until its entry settles", () => {
    const ledger = new Ledger(0);
    ledger.add(draft(1, { quorum: 3, explicit: true, deadlineAt: 100 }));
    ledger.add(draft(2, { quorum: 3, deadlineAt: 100 }));
    ledger.flush(2);
    expect(ledger.hasOverdue({ quorum: 1 }, 99)).toBe(false);
    expect(ledger.hasOverdue({ quorum: 1 }, 100)).toBe(true);
    expect(ledger.hasOverdue({ quorum: 3 }, 100)).toBe(false);
    for (const id of ["f1", "f2", "f3"]) ledger.acknowledge(ack(id), [1]);
    expect(ledger.hasOverdue({ quorum: 1 }, 100)).toBe(false);
  });

  test("never raises one, and waits for its floor note", () => {
    const ledger = new Ledger(0);
    ledger.add(draft(1, { quorum: 1 }));
    ledger.add(draft(2, { quorum: 3 }));
    ledger.lowerQuorum({ quorum: 2, floorNumber: 7 }, 0);
    expect(ledger.slot(1)?.quorum).toBe(1);
    expect(ledger.slot(2)).toMatchObject({ quorum: 2, floorNumber: 7 });
  });
});

test("a disk that was lost takes its acks with it, and what has settled by them remains so", () => {
  const ledger = new Ledger(0, 1);
  ledger.add(draft(1, { quorum: 2 }));
  ledger.add(draft(2));
  ledger.flush(2);
  ledger.acknowledge(ack("f1"), [1, 2]);
  ledger.forget("f1");
  expect(ledger.isSettled(2)).toBe(true);
  expect(ledger.slot(2)?.acks).toEqual([]);
  expect(ledger.acknowledge(ack("f2"), [1])).toEqual([]);
  expect(sequencesOf(ledger.acknowledge(ack("f1"), [1]))).toEqual([1]);
  expect(ledger.committed).toBe(2);
});

const step = fc.oneof(
  fc.record({
    type: fc.constant("add" as const),
    quorum: fc.integer({ min: 0, max: 3 }),
    note: fc.integer({ min: 0, max: 2 }),
    back: fc.integer({ min: 0, max: 3 }),
  }),
  fc.record({ type: fc.constant("flush" as const), by: fc.integer({ min: 1, max: 4 }) }),
  fc.record({
    type: fc.constant("ack" as const),
    node: fc.constantFrom("f1", "f2", "f3"),
    sequence: fc.integer({ min: 1, max: 12 }),
  }),
  fc.record({ type: fc.constant("note" as const), number: fc.integer({ min: 0, max: 2 }) }),
);

/** Rules 2 and 3, as plainly as they can be said. */
class Model {
  readonly entries: { quorum: number; note: number; dependsOn: readonly number[] }[] = [];
  readonly acks = new Map<number, Set<string>>();
  flushed = 0;
  note = 0;

  settled(): Set<number> {
    const settled = new Set<number>();
    for (const [index, { quorum, note, dependsOn }] of this.entries.entries()) {
      const sequence = index + 1;
      const acked = (this.acks.get(sequence)?.size ?? 0) >= quorum;
      const free = dependsOn.every((other) => settled.has(other));
      if (sequence <= this.flushed && acked && note <= this.note && free) settled.add(sequence);
    }
    return settled;
  }
}

test("rules 2 and 3: in any order of facts it settles and commits what the plain rule says", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ledger = new Ledger(0);
      const model = new Model();
      const told = new Set<number>();
      const tell = (slots: readonly Slot[]) => {
        for (const sequence of sequencesOf(slots)) {
          expect(told.has(sequence)).toBe(false);
          told.add(sequence);
        }
      };
      for (const fact of steps) {
        const before = ledger.committed;
        if (fact.type === "add") {
          const sequence = ledger.last + 1;
          const other = sequence - fact.back;
          const dependsOn = fact.back > 0 && other > 0 && !ledger.isSettled(other) ? [other] : [];
          const { quorum, note } = fact;
          ledger.add(draft(sequence, { quorum, floorNumber: note, dependsOn }));
          model.entries.push({ quorum, note, dependsOn });
        } else if (fact.type === "flush") {
          model.flushed = Math.min(ledger.last, model.flushed + fact.by);
          tell(ledger.flush(model.flushed));
        } else if (fact.type === "ack") {
          if (fact.sequence <= ledger.last) {
            const acks = model.acks.get(fact.sequence) ?? new Set();
            model.acks.set(fact.sequence, acks.add(fact.node));
          }
          tell(ledger.acknowledge(ack(fact.node), [fact.sequence]));
        } else {
          model.note = Math.max(model.note, fact.number);
          tell(ledger.floorInForce(fact.number));
        }
        const settled = model.settled();
        expect(told).toEqual(settled);
        let committed = 0;
        while (settled.has(committed + 1)) committed += 1;
        expect(ledger.committed).toBe(committed);
        expect(ledger.committed).toBeGreaterThanOrEqual(before);
        const open = [...ledger.open()].map(({ entry }) => entry.sequence);
        expect(open).toEqual(
          Array.from({ length: ledger.last - committed }, (_, index) => committed + 1 + index),
        );
      }
    }),
  );
});
