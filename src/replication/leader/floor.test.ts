import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { floorOf, newerNote } from "../floor-note.ts";
import type { FloorNote, NodeId } from "../types.ts";
import { Floor } from "./floor.ts";

const followers = ["f1", "f2", "f3", "f4", "f5"];
const noteOf = (epoch: number, number: number) => ({ epoch, number, quorum: 1, over: 1 });
const rule = { max: Number.POSITIVE_INFINITY, strict: false };
const begin = (quorum: number, over = quorum) =>
  new Floor({ epoch: 2, heard: { quorum, over }, usual: quorum, last: 0, now: 0, rule });

test("the newer of two notes is that of the higher epoch, then that of the higher number", () => {
  expect(newerNote(undefined, noteOf(1, 1))).toEqual(noteOf(1, 1));
  expect(newerNote(noteOf(1, 9), noteOf(2, 1))).toEqual(noteOf(2, 1));
  expect(newerNote(noteOf(2, 3), noteOf(2, 1))).toEqual(noteOf(2, 3));
});

describe("a write with fewer acks than the floor", () => {
  const low = { quorum: 1, sequence: 1, now: 0, usual: 3 };

  test("waits until as many followers know as the floor in force asks for, and the leader too", () => {
    const floor = begin(3);
    const { number, spread } = floor.propose(low);
    expect(spread).toMatchObject({ number, quorum: 1, over: 3 });
    for (const id of ["f1", "f2"]) floor.received(id, floor.note);
    floor.flushed(number);
    expect(floor.settle(followers)).toBe(false);
    floor.received("f3", floor.note);
    expect(floor.settle(followers)).toBe(true);
    expect(floor.numberInForce).toBe(number);
    expect(floor.propose({ ...low, sequence: 2 })).toEqual({ number: 0 });
  });

  test("is not freed while the leader itself could forget the note", () => {
    const floor = begin(3);
    floor.propose(low);
    for (const id of followers) floor.received(id, floor.note);
    expect(floor.settle(followers)).toBe(false);
    floor.flushed(floor.note.number);
    expect(floor.settle(followers)).toBe(true);
  });

  test("shares the note of those before it, unless it asks for still less", () => {
    const floor = begin(3);
    const first = floor.propose({ ...low, quorum: 2 });
    expect(floor.propose({ ...low, quorum: 2, sequence: 2 })).toEqual({ number: first.number });
    expect(floor.propose({ ...low, sequence: 3 }).number).toBeGreaterThan(first.number);
  });

  test("counts a receipt of an earlier epoch, or of a lost disk, for nothing", () => {
    const floor = begin(1, 1);
    const strict = begin(2);
    strict.propose({ ...low, usual: 2 });
    strict.flushed(strict.note.number);
    strict.received("f1", { ...strict.note, epoch: 1 });
    strict.received("f2", strict.note);
    strict.received("f3", strict.note);
    strict.forget("f3");
    expect(strict.settle(followers)).toBe(false);
    expect(floor.propose({ ...low, quorum: 0, usual: 1 })).toEqual({ number: 0 });
  });
});

test("with too few live followers all of them must know, and the floor is degraded until more do", () => {
  const floor = begin(3);
  floor.propose({ quorum: 1, sequence: 1, now: 0, usual: 3 });
  floor.flushed(floor.note.number);
  floor.received("f1", floor.note);
  expect(floor.settle(["f1", "f2"])).toBe(false);
  expect(floor.settle(["f1"])).toBe(true);
  expect(floor.degraded).toBe(true);
  floor.received("f2", floor.note);
  floor.received("f3", floor.note);
  floor.settle(followers);
  expect(floor.degraded).toBe(false);
});

test("a note that an earlier leader may not have finished spreading is not in force yet", () => {
  const floor = begin(1, 3);
  expect(floor.note).toMatchObject({ quorum: 1, over: 3 });
  expect(floor.propose({ quorum: 1, sequence: 1, now: 0, usual: 1 }).number).toBe(
    floor.note.number,
  );
  expect(floor.numberInForce).toBeLessThan(floor.note.number);
});

describe("the floor is raised", () => {
  const facts = { usual: 3, now: 10_000, calmMs: 10_000, contiguous: [5, 5, 5, 0, 0] };
  const lowered = () => {
    const floor = begin(1);
    floor.propose({ quorum: 1, sequence: 5, now: 0, usual: 3 });
    return floor;
  };

  test("after a calm, once enough followers hold all that was written with less", () => {
    expect(lowered().raise(facts)).toMatchObject({ quorum: 3 });
    expect(lowered().raise({ ...facts, now: 9_999 })).toBeUndefined();
    expect(lowered().raise({ ...facts, contiguous: [5, 5, 4, 0, 0] })).toBeUndefined();
  });

  test("and followers hear of it once it is durable here, and of a lower note that follows no sooner", () => {
    const floor = lowered();
    const before = floor.note;
    const raised = floor.raise(facts);
    expect(floor.note).toEqual(before);
    expect(floor.flushed(before.number)).toBeUndefined();
    expect(floor.flushed(raised?.number ?? 0)).toEqual(raised);
    expect(floor.note).toEqual(raised);
    const again = lowered();
    const { number = 0 } = again.raise(facts) ?? {};
    const { spread } = again.propose({ quorum: 2, sequence: 6, now: 10_000, usual: 3 });
    expect(spread).toMatchObject({ number: number + 1, quorum: 2, over: 3 });
    expect(again.note).toEqual(before);
    expect(again.flushed(number)).toEqual(spread);
    expect(again.note).toEqual(spread);
  });

  test("not above the usual quorum, and not while a lower note is on its way", () => {
    expect(lowered().raise({ ...facts, usual: 1 })).toBeUndefined();
    const floor = begin(2);
    floor.propose({ quorum: 1, sequence: 5, now: 0, usual: 3 });
    expect(floor.raise(facts)).toBeUndefined();
  });

  test("with regard to writes of the time when a low quorum was usual", () => {
    const floor = begin(1);
    floor.propose({ quorum: 1, sequence: 5, now: 0, usual: 1 });
    floor.propose({ quorum: 3, sequence: 9, now: 0, usual: 3 });
    expect(floor.raise(facts)).toBeUndefined();
    expect(floor.raise({ ...facts, contiguous: [9, 9, 9] })).toMatchObject({ quorum: 3 });
  });
});

const step = fc.oneof(
  fc.record({ type: fc.constant("propose" as const), quorum: fc.integer({ min: 0, max: 5 }) }),
  fc.record({ type: fc.constant("usual" as const), quorum: fc.integer({ min: 0, max: 5 }) }),
  fc.record({ type: fc.constant("told" as const), node: fc.constantFrom(...followers) }),
  fc.record({ type: fc.constant("hold" as const), node: fc.constantFrom(...followers) }),
  fc.record({ type: fc.constant("flush" as const) }),
  fc.record({ type: fc.constant("calm" as const) }),
);

test("whatever happens, those whom a recovery may hear know how little a settled entry relied on", () => {
  const start = fc.integer({ min: 1, max: 5 });
  // Short ones meet more of what follows from one another in a few steps.
  const short = fc.array(step, { maxLength: 20 });
  const long = fc.array(step, { maxLength: 60 });
  fc.assert(
    fc.property(start, fc.oneof(short, long), (quorum, steps) => {
      const world = new World(quorum);
      for (const fact of steps) {
        world.take(fact);
        world.examine();
      }
    }),
    { numRuns: 5_000 },
  );
});

/** Entries settle with exactly their quorum of holders, which is the worst that may happen. */
class World {
  readonly floor: Floor;
  readonly notes = new Map<NodeId, FloorNote>();
  readonly holds = new Map<NodeId, number>(followers.map((id) => [id, 0]));
  readonly entries: { quorum: number; number: number }[] = [];
  /** The note that the leader makes durable next, and the one on its disk. */
  own: FloorNote;
  disk: FloorNote;
  usual: number;
  now = 0;

  constructor(quorum: number) {
    this.usual = quorum;
    this.floor = begin(quorum);
    this.own = this.floor.note;
    this.disk = this.floor.note;
    for (const id of followers) this.notes.set(id, { ...this.floor.note, epoch: 1 });
  }

  take(fact: typeof step extends fc.Arbitrary<infer T> ? T : never): void {
    const { floor, entries } = this;
    const { usual, now } = this;
    switch (fact.type) {
      case "propose": {
        const { quorum } = fact;
        const sequence = entries.length + 1;
        const { number, spread } = floor.propose({ quorum, sequence, now, usual });
        this.own = spread ?? this.own;
        entries.push({ quorum: floorOf(quorum), number });
        return;
      }
      case "usual": {
        this.usual = fact.quorum;
        const { spread } = floor.propose({
          ...fact,
          sequence: entries.length,
          now,
          usual: fact.quorum,
        });
        this.own = spread ?? this.own;
        return;
      }
      case "told":
        this.notes.set(fact.node, floor.note);
        floor.received(fact.node, floor.note);
        break;
      case "hold":
        this.holds.set(fact.node, entries.length);
        return;
      case "flush":
        floor.flushed(this.own.number);
        this.disk = this.own;
        break;
      case "calm": {
        this.now += 20_000;
        const contiguous = [...this.holds.values()];
        this.own = floor.raise({ usual, now: this.now, calmMs: 10_000, contiguous }) ?? this.own;
        break;
      }
    }
    floor.settle(followers);
  }

  /**
   * Every set of followers that is enough by what it knows meets the holders of every entry. Nobody goes by a higher
   * floor than this leader would if it started again.
   */
  examine(): void {
    for (const { quorum } of this.notes.values())
      expect(quorum).toBeLessThanOrEqual(Math.max(this.disk.quorum, this.disk.over));
    for (let set = 1; set < 1 << followers.length; set += 1) {
      const heard = followers.filter((_, index) => (set >> index) & 1);
      let note: FloorNote | undefined;
      for (const id of heard) note = newerNote(note, this.notes.get(id));
      if (note === undefined || heard.length < followers.length - note.quorum + 1) continue;
      const away = followers.filter((id) => !heard.includes(id));
      for (const [index, { quorum, number }] of this.entries.entries()) {
        if (number > this.floor.numberInForce) continue;
        const held = followers.filter((id) => (this.holds.get(id) ?? 0) > index);
        const copies = Math.max(quorum, held.length);
        // The holders that are known of, and the rest where it is worst: among those not heard.
        const lost = held.every((id) => away.includes(id)) && copies <= away.length;
        expect(lost, `entry ${index + 1} by ${heard.join(", ")}`).toBe(false);
      }
    }
  }
}
