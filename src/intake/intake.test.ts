import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Budget } from "./budget.ts";
import { FairSlots } from "./fair-slots.ts";

describe("a budget", () => {
  const create = () => {
    const clock = { now: 0 };
    const budget = new Budget({ bytesMax: 100, safeMs: 10, now: () => clock.now });
    return { clock, budget };
  };

  test("refuses what does not fit while all holders are young", () => {
    const { budget } = create();
    const holding = budget.open(() => expect.unreachable());
    expect(holding.take(60)).toBe(true);
    expect(holding.take(41)).toBe(false);
    expect(budget.open(() => {}).take(41)).toBe(false);
    expect(budget).toMatchObject({ bytes: 60, refused: 2, cut: 0 });
    holding.release();
    holding.release();
    expect(budget.bytes).toBe(0);
    expect(holding.take(100)).toBe(true);
  });

  test("cuts off the oldest for a newcomer, and no more of them than it needs", () => {
    const { clock, budget } = create();
    const cut: number[] = [];
    for (let number = 0; number < 4; number++) {
      clock.now = number;
      expect(budget.open(() => cut.push(number)).take(25)).toBe(true);
    }
    clock.now = 12;
    expect(budget.open(() => {}).take(30)).toBe(true);
    expect(cut).toEqual([0, 1]);
    expect(budget.open(() => {}).take(45)).toBe(true);
    expect(cut).toEqual([0, 1, 2]);
    expect(budget).toMatchObject({ bytes: 100, cut: 3 });
  });

  test("cuts off a holder that would need more room than is left", () => {
    const { clock, budget } = create();
    let cut = 0;
    const holding = budget.open(() => (cut += 1));
    expect(holding.take(80)).toBe(true);
    clock.now = 100;
    expect(holding.take(30)).toBe(false);
    expect([cut, budget.bytes]).toEqual([1, 0]);
  });

  test("holds the sum of what is held, and never more than its bound", () => {
    const step = fc.record({ who: fc.nat(5), bytes: fc.nat(60), wait: fc.nat(8) });
    fc.assert(
      fc.property(fc.array(fc.oneof(step, fc.nat(5)), { maxLength: 60 }), (steps) => {
        const { clock, budget } = create();
        const held = Array<number>(6).fill(0);
        const holdings = held.map((_, who) => budget.open(() => (held[who] = 0)));
        for (const each of steps) {
          if (typeof each === "number") {
            holdings[each]?.release();
            held[each] = 0;
          } else {
            clock.now += each.wait;
            if (holdings[each.who]?.take(each.bytes))
              held[each.who] = (held[each.who] ?? 0) + each.bytes;
          }
          expect(budget.bytes).toBe(held.reduce((sum, bytes) => sum + bytes, 0));
          expect(budget.bytes).toBeLessThanOrEqual(100);
        }
      }),
    );
  });
});

describe("slots", () => {
  test("all go to one address while nobody else wants any", () => {
    const slots = new FairSlots({ max: 3 });
    const slot = slots.enter("a", () => {});
    for (let i = 0; i < 2; i++) expect(slots.enter("a", () => {})).toBeDefined();
    expect(slots.enter("a", () => {})).toBeUndefined();
    slot?.leave();
    slot?.leave();
    expect(slots.enter("a", () => {})).toBeDefined();
    expect(slots).toMatchObject({ count: 3, refused: 1, cut: 0 });
  });

  test("are shared with others, who take the oldest of whoever has the most", () => {
    const slots = new FairSlots({ max: 10 });
    const cut: number[] = [];
    for (let number = 0; number < 10; number++) slots.enter("a", () => cut.push(number));
    for (let number = 0; number < 5; number++) {
      expect(slots.enter("b", () => cut.push(100))).toBeDefined();
    }
    expect(cut).toEqual([0, 1, 2, 3, 4]);
    expect(slots.enter("b", () => {})).toBeUndefined();
    expect(slots.enter("a", () => {})).toBeUndefined();
    expect(slots.enter("c", () => {})).toBeDefined();
    expect(slots.count).toBe(10);
  });

  test("of one's own address may be replaced where that is allowed, but for those in use", () => {
    const slots = new FairSlots({ max: 3, alwaysEnters: true });
    const cut: string[] = [];
    const [first] = ["1", "2", "3"].map((name) => slots.enter("a", () => cut.push(name)));
    first?.touch();
    expect(slots.enter("a", () => {})).toBeDefined();
    expect(cut).toEqual(["2"]);
    expect(slots.count).toBe(3);
  });

  test("where all may enter, many addresses with one place each keep nobody out", () => {
    const slots = new FairSlots({ max: 3, alwaysEnters: true });
    const cut: string[] = [];
    const enter = (address: string) => slots.enter(address, () => cut.push(address));
    const [first] = ["a", "b", "c"].map(enter);
    first?.touch();
    expect(enter("d")).toBeDefined();
    // Its own one, so that it does not take a second place from those with one.
    expect(enter("c")).toBeDefined();
    expect(cut).toEqual(["b", "c"]);
    first?.leave();
    for (const address of ["e", "f"]) expect(enter(address)).toBeDefined();
    expect(slots).toMatchObject({ count: 3, refused: 0 });
    const refusing = new FairSlots({ max: 3 });
    for (const address of ["a", "b", "c"]) refusing.enter(address, () => {});
    expect(refusing.enter("d", () => {})).toBeUndefined();
  });

  describe("of idle ones", () => {
    const create = (max: number) => {
      const clock = { now: 0 };
      const slots = new FairSlots({ max, now: () => clock.now });
      const cut: string[] = [];
      const idle = new Map<string, number | undefined>();
      const asked = { count: 0 };
      const enter = (address: string, since: number | undefined) => {
        idle.set(address, since);
        return slots.enter(
          address,
          () => cut.push(address),
          () => {
            asked.count += 1;
            return idle.get(address);
          },
        );
      };
      return { clock, slots, cut, idle, asked, enter };
    };

    test("that of the longest idle goes to an address that has none", () => {
      const { clock, slots, cut, idle, enter } = create(3);
      enter("a", 1);
      enter("b", undefined);
      enter("c", 2);
      expect(enter("d", 3)).toBeDefined();
      // Found by the same look, but in use since.
      idle.set("c", 4);
      clock.now += 100;
      expect(enter("e", undefined)).toBeDefined();
      expect(cut).toEqual(["a", "d"]);
      expect(enter("c", 4)).toBeUndefined();
      clock.now += 100;
      expect(enter("f", undefined)).toBeDefined();
      expect(cut).toEqual(["a", "d", "c"]);
      expect(enter("g", 5)).toBeUndefined();
      expect(slots).toMatchObject({ count: 3, refused: 2, cut: 3 });
    });

    test("one is found soon after it became idle, however rarely somebody comes", () => {
      const { clock, cut, idle, enter } = create(2);
      enter("a", undefined);
      enter("b", undefined);
      expect(enter("c", undefined)).toBeUndefined();
      idle.set("a", 1);
      clock.now += 100;
      expect(enter("d", undefined)).toBeDefined();
      expect(cut).toEqual(["a"]);
    });

    test("few are not sought anew for each of many newcomers at once", () => {
      const { clock, asked, enter } = create(100);
      for (let count = 0; count < 99; count += 1) enter(`a${count}`, undefined);
      enter("idle", 1);
      asked.count = 0;
      for (let count = 0; count < 100; count += 1) enter(`b${count}`, 2);
      expect(asked.count).toBeLessThanOrEqual(102);
      clock.now += 100;
      expect(enter("last", 3)).toBeDefined();
    });
  });

  test("a newcomer gets a place exactly when another address has two more than its own", () => {
    const steps = fc.array(
      fc.record({ address: fc.constantFrom("a", "b", "c", "d"), leaves: fc.boolean() }),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        const slots = new FairSlots({ max: 6 });
        const held = new Map<string, Set<{ leave(): void }>>();
        const sizeOf = (address: string) => held.get(address)?.size ?? 0;
        for (const { address, leaves } of all) {
          const own = held.get(address) ?? new Set();
          held.set(address, own);
          const [oldest] = own;
          if (leaves) {
            oldest?.leave();
            if (oldest !== undefined) own.delete(oldest);
            continue;
          }
          const most = Math.max(...[...held.keys()].map(sizeOf));
          const isFull = slots.count === 6;
          let mine: { leave(): void } | undefined;
          const slot = slots.enter(address, () => {
            expect(own.size).toBe(Math.max(...[...held.keys()].map(sizeOf)));
            if (mine !== undefined) own.delete(mine);
          });
          expect(slot !== undefined).toBe(!isFull || most >= own.size + 2);
          mine = slot;
          if (slot !== undefined) own.add(slot);
          expect(slots.count).toBe([...held.keys()].reduce((sum, each) => sum + sizeOf(each), 0));
        }
      }),
    );
  });

  test.each([
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2:ffff::1"],
    ["2001:db8::1", "2001:db8::2"],
    ["::1", "::2"],
  ])("count %s and %s as one address", (one, other) => {
    const slots = new FairSlots({ max: 2 });
    slots.enter(one, () => {});
    slots.enter(other, () => {});
    expect(slots.enter(one, () => {})).toBeUndefined();
    expect(slots.enter("192.0.2.1", () => {})).toBeDefined();
  });
});
