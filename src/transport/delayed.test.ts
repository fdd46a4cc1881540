import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FakeNetwork } from "../../test/support/fake-network.ts";
import { mulberry32 } from "../../test/support/random.ts";
import { VirtualClock } from "../../test/support/virtual-clock.ts";
import type { Link } from "../node/ports.ts";
import type { Entry, LeaderMessage, Sequence } from "../replication/types.ts";
import { encodeLeaderMessage } from "./codec.ts";
import { createDelayedNetwork } from "./delayed.ts";

const entry = (sequence: Sequence): Entry => ({ sequence, epoch: 1, origin: 1, operations: [] });
const append = (sequences: readonly Sequence[], committed = 0): LeaderMessage => ({
  type: "append",
  epoch: 1,
  entries: sequences.map(entry),
  committed,
});
const heartbeat: LeaderMessage = {
  type: "heartbeat",
  epoch: 1,
  committed: 0,
  last: 0,
  number: 1,
  members: [],
  applied: 0,
  digest: "",
  writeQuorum: 1,
};
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const mean = (numbers: readonly number[]) =>
  numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/** Links to the named followers through a delayed network, on virtual time. */
const setUp = (random: () => number = mulberry32(1)) => {
  const clock = new VirtualClock();
  const inner = new FakeNetwork();
  const { network, delays } = createDelayedNetwork({ network: inner, clock, random });
  const dial = (to: string) => {
    const arrivals: { at: number; message: LeaderMessage }[] = [];
    let link: Link<LeaderMessage> | undefined;
    network.dial(to, (opened) => {
      link = opened;
      return { received() {}, closed() {} };
    });
    const stream = inner.open(to, (message) => arrivals.push({ at: clock.now(), message }));
    if (link === undefined) throw new Error("not opened");
    const sequences = () =>
      arrivals.flatMap(({ message }) =>
        message.type === "append" ? message.entries.map(({ sequence }) => sequence) : [],
      );
    return { link, arrivals, sequences, stream };
  };
  return { clock, delays, dial };
};

describe("without a delay", () => {
  test("every message passes at once, as it is", () => {
    const { dial, clock, delays } = setUp();
    const { link, arrivals } = dial("follower1");
    const message = append([1, 2], 1);
    link.send(message);
    expect(arrivals[0]?.message).toBe(message);
    expect([clock.pending, delays.elapsedMs("follower1", 1)]).toEqual([0, 0]);
  });
});

describe("with a delay", () => {
  test("what is due at the same time goes in appends that fit into a message, however much it is", () => {
    const { dial, clock, delays } = setUp();
    delays.configure({ minDelayMs: 50, maxDelayMs: 50 }, {});
    const { link, arrivals, sequences } = dial("follower1");
    // Three bytes each on the wire, where a message has 16 MiB.
    const value = JSON.stringify("€".repeat(300_000));
    for (const sequence of upTo(50)) {
      const operations = [{ key: "k", value }];
      const entries = [{ ...entry(sequence), operations }];
      link.send({ type: "append", epoch: 1, entries, committed: 0 });
    }
    link.send(append(upTo(2000).map((number) => 50 + number)));
    clock.advance(50);
    expect(sequences().sort((a, b) => a - b)).toEqual(upTo(2050));
    for (const { message } of arrivals) {
      if (message.type !== "append") continue;
      expect(message.entries.length).toBeLessThanOrEqual(512);
      expect(encodeLeaderMessage(message).length).toBeLessThan(4 * 1024 * 1024);
    }
  });

  test("each entry takes a uniform time of its own, within its range", () => {
    const { dial, clock, delays } = setUp();
    delays.configure({ minDelayMs: 100, maxDelayMs: 300 }, {});
    const { link, sequences } = dial("follower1");
    link.send(append(upTo(4000)));
    clock.advance(99);
    expect(sequences()).toEqual([]);
    clock.advance(202);
    expect(sequences().toSorted((a, b) => a - b)).toEqual(upTo(4000));
    const elapsed = upTo(4000).map((sequence) => delays.elapsedMs("follower1", sequence));
    // Four standard errors of the mean of 4000 draws from U(100, 300) are 3.7 ms.
    expect(Math.abs(mean(elapsed) - 200)).toBeLessThan(3.7);
    const quarters = [0, 0, 0, 0];
    for (const ms of elapsed) {
      const quarter = Math.min(3, Math.floor((ms - 100) / 50));
      quarters[quarter] = (quarters[quarter] ?? 0) + 1;
    }
    for (const count of quarters) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  test("the delays of one entry to two followers are independent", () => {
    const { dial, clock, delays } = setUp();
    delays.configure({ minDelayMs: 0, maxDelayMs: 100 }, {});
    const links = [dial("follower1").link, dial("follower2").link];
    const message = append(upTo(4000));
    for (const link of links) link.send(message);
    clock.advance(101);
    const centred = (to: string) =>
      upTo(4000).map((sequence) => (delays.elapsedMs(to, sequence) - 50) / 28.87);
    const second = centred("follower2");
    const correlation = mean(centred("follower1").map((ms, index) => ms * (second[index] ?? 0)));
    // Four standard errors of a correlation of 4000 pairs.
    expect(Math.abs(correlation)).toBeLessThan(0.064);
  });

  test("nothing is lost or doubled, and each release is exactly on time", () => {
    const range = fc.record({ min: fc.nat(50), width: fc.nat(500) });
    const sends = fc.array(fc.record({ count: fc.nat(20), pauseMs: fc.nat(100) }));
    fc.assert(
      fc.property(
        range,
        sends,
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (...draw) => {
          const [{ min, width }, batches, numbers] = draw;
          const { dial, clock, delays } = setUp(() => numbers.next().value ?? 0);
          delays.configure({ minDelayMs: min, maxDelayMs: min + width }, {});
          const { link, arrivals, sequences } = dial("follower1");
          const sentAt = new Map<Sequence, number>();
          for (const { count, pauseMs } of batches) {
            const first = sentAt.size + 1;
            const batch = upTo(count).map((offset) => first - 1 + offset);
            for (const sequence of batch) sentAt.set(sequence, clock.now());
            link.send(append(batch));
            clock.advance(pauseMs);
          }
          clock.advance(min + width + 1);
          expect(sequences().toSorted((a, b) => a - b)).toEqual([...sentAt.keys()]);
          expect(clock.pending).toBe(0);
          for (const { at, message } of arrivals) {
            if (message.type !== "append") continue;
            for (const { sequence } of message.entries) {
              const ms = at - (sentAt.get(sequence) ?? Number.NaN);
              expect(ms).toBeGreaterThanOrEqual(min - 0.01);
              expect(ms).toBeLessThanOrEqual(min + width + 0.01);
              if (min + width > 0) expect(delays.elapsedMs("follower1", sequence)).toBeCloseTo(ms);
            }
          }
        },
      ),
    );
  });

  test("entries that fall due together share a message", () => {
    const { dial, clock, delays } = setUp(() => 0.5);
    delays.configure({ minDelayMs: 10, maxDelayMs: 20 }, {});
    const { link, arrivals } = dial("follower1");
    link.send(append([1, 2]));
    link.send(append([3]));
    clock.advance(20);
    expect(arrivals).toEqual([{ at: 15, message: append([1, 2, 3]) }]);
  });

  test("commit hardState and every other message pass at once", () => {
    const { dial, delays } = setUp();
    delays.configure({ minDelayMs: 1000, maxDelayMs: 1000 }, {});
    const { link, arrivals } = dial("follower1");
    const lead: LeaderMessage = { type: "lead", epoch: 1, completeAt: 9, replace: false };
    for (const message of [lead, append([1, 2], 7), append([3], 7), heartbeat, append([], 7)]) {
      link.send(message);
    }
    expect(arrivals.map(({ message }) => message)).toEqual([
      lead,
      append([], 7),
      heartbeat,
      append([], 7),
    ]);
  });

  test("released entries carry the newest commit mark", () => {
    const { dial, delays, clock } = setUp();
    delays.configure({ minDelayMs: 10, maxDelayMs: 10 }, {});
    const { link, arrivals } = dial("follower1");
    link.send(append([5], 3));
    link.send({ ...heartbeat, committed: 4 } as LeaderMessage);
    clock.advance(10);
    expect(arrivals.at(-1)?.message).toEqual(append([5], 4));
  });

  test("settings apply to what is sent from then on, and followers may have their own", () => {
    const { dial, delays, clock } = setUp();
    delays.configure(
      { minDelayMs: 100, maxDelayMs: 100 },
      { follower2: { minDelayMs: 0, maxDelayMs: 0 } },
    );
    const [one, two] = [dial("follower1"), dial("follower2")];
    for (const { link } of [one, two]) link.send(append([1]));
    delays.configure({ minDelayMs: 0, maxDelayMs: 0 }, {});
    one.link.send(append([2]));
    expect([one.sequences(), two.sequences()]).toEqual([[2], [1]]);
    clock.advance(100);
    expect(one.sequences()).toEqual([2, 1]);
  });

  test("what is held when the link closes is dropped, with its timer", () => {
    for (const end of ["close", "break"] as const) {
      const { dial, delays, clock } = setUp();
      delays.configure({ minDelayMs: 100, maxDelayMs: 100 }, {});
      const { link, sequences, stream } = dial("follower1");
      link.send(append([1]));
      if (end === "close") link.close();
      else stream.break("gone");
      expect(clock.pending).toBe(0);
      clock.advance(1000);
      expect(sequences()).toEqual([]);
    }
  });

  test("20,000 entries can wait, and only the newest delays are remembered", () => {
    const { dial, delays, clock } = setUp();
    delays.configure({ minDelayMs: 0, maxDelayMs: 1000 }, {});
    const { link, sequences } = dial("follower1");
    for (let first = 1; first <= 20_000; first += 100) {
      link.send(append(upTo(100).map((offset) => first - 1 + offset)));
    }
    expect(clock.pending).toBe(1);
    clock.advance(1001);
    const known = sequences().filter((sequence) => delays.elapsedMs("follower1", sequence) > 0);
    expect(known).toEqual(sequences().slice(-8192));
  });

  test("an entry sent again without a delay is known as not delayed", () => {
    const { dial, delays, clock } = setUp(() => 0.5);
    delays.configure({ minDelayMs: 10, maxDelayMs: 20 }, {});
    const { link } = dial("follower1");
    link.send(append([1]));
    clock.advance(20);
    expect(delays.elapsedMs("follower1", 1)).toBeCloseTo(15);
    delays.configure({ minDelayMs: 0, maxDelayMs: 0 }, {});
    link.send(append([1]));
    expect(delays.elapsedMs("follower1", 1)).toBe(0);
  });
});
