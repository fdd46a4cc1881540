import fc from "fast-check";
import { expect, test } from "vitest";
import { DueQueue } from "./due-queue.ts";

test("items leave by the instant they are due, then in order of arrival, like a sorted list", () => {
  const step = fc.oneof(fc.record({ dueAt: fc.nat(20) }), fc.record({ takeUntil: fc.nat(20) }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new DueQueue<number>();
      let plain: { item: number; dueAt: number }[] = [];
      for (const [item, step] of steps.entries()) {
        if ("dueAt" in step) {
          queue.push(item, step.dueAt);
          plain.push({ item, dueAt: step.dueAt });
          plain = plain.toSorted((a, b) => a.dueAt - b.dueAt || a.item - b.item);
        } else {
          const due = plain.filter(({ dueAt }) => dueAt <= step.takeUntil);
          expect(queue.takeDue(step.takeUntil)).toEqual(due.map(({ item }) => item));
          plain = plain.filter(({ dueAt }) => dueAt > step.takeUntil);
        }
        expect([queue.size, queue.nextDueAt]).toEqual([plain.length, plain[0]?.dueAt]);
      }
    }),
  );
});
