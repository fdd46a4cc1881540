import fc from "fast-check";
import { expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../replication/limits.ts";
import { encodeLeaderMessage } from "./codec.ts";
import { Outbox } from "./outbox.ts";

const limits = { unsentBytesMax: 100, writtenBytesMax: 20 };

/** An outbox into a stream that reports what it wrote when told to, oldest first. */
const setUp = () => {
  const taken: Buffer[] = [];
  const reports: (() => void)[] = [];
  const outbox = new Outbox((bytes, written) => {
    taken.push(bytes);
    reports.push(written);
  }, limits);
  return { outbox, taken, reports };
};

test("messages leave in order, a few at a time, and the drain is told once at the end", () => {
  const step = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant("report" as const));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const { outbox, taken, reports } = setUp();
      const pushed: Buffer[] = [];
      let drains = 0;
      for (const step of steps) {
        if (step === "report") reports.shift()?.();
        else {
          const bytes = Buffer.alloc(step, pushed.length);
          pushed.push(bytes);
          const isWithinBound = outbox.push(bytes);
          expect(isWithinBound).toBe(sizeOf(pushed) - sizeOf(taken) <= limits.unsentBytesMax);
        }
        const unreported = taken.slice(taken.length - reports.length);
        expect(sizeOf(unreported.slice(0, -1))).toBeLessThan(limits.writtenBytesMax);
      }
      outbox.whenDrained(() => drains++);
      for (let report = reports.shift(); report !== undefined; report = reports.shift()) report();
      expect(taken).toEqual(pushed);
      expect(drains).toBe(1);
    }),
  );
});

test("what waits beyond the bound is said to, and can be dropped", () => {
  const { outbox, taken, reports } = setUp();
  for (let sent = 0; sent < 6; sent++) expect(outbox.push(Buffer.alloc(20))).toBe(true);
  expect(outbox.push(Buffer.alloc(1))).toBe(false);
  outbox.whenDrained(() => expect.unreachable("dropped, not drained"));
  outbox.drop();
  for (const report of reports) report();
  expect(taken.length).toBe(1);
});

const sizeOf = (buffers: readonly Buffer[]) =>
  buffers.reduce((bytes, { length }) => bytes + length, 0);

test("a follower's whole window fits at once, in whichever script its values are written", () => {
  const { windowBytesMax, messageBytesMax } = DEFAULT_LIMITS;
  const outbox = new Outbox(() => {});
  const value = `"${"漢".repeat(340_000)}"`;
  const operations = [{ key: "k", value }];
  const perMessage = Math.ceil(messageBytesMax / value.length);
  const entries = Array.from({ length: perMessage }, () => {
    return { sequence: 1, epoch: 1, origin: 1, operations };
  });
  const append = { type: "append", epoch: 1, entries, committed: 0 } as const;
  const bytes = encodeLeaderMessage(append);
  expect(bytes.length).toBeGreaterThan(perMessage * value.length * 2.9);
  for (let sent = 0; sent < windowBytesMax; sent += perMessage * value.length)
    expect(outbox.push(bytes)).toBe(true);
  // The stream takes the first one, and the second one waits.
  const largest = Buffer.alloc(windowBytesMax * 3 + 1);
  const another = new Outbox(() => {});
  for (const window of [largest, largest]) expect(another.push(window)).toBe(true);
});
