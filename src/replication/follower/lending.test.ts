import { describe, expect, test } from "vitest";
import { FollowerBench } from "../../../test/support/benches/follower-bench.ts";
import { leaseMs } from "../lease.ts";
import { BLANK_HARD_STATE, type HardState, type NodeId } from "../types.ts";
import { Lending } from "./lending.ts";

const whole: HardState = { ...BLANK_HARD_STATE, blank: false };
const nodes = ["leader", "follower1", "follower2"];

/** follower1, which started long ago and follows the leader in epoch 5. */
function start(given: { isOn?: boolean; blank?: boolean } = {}) {
  const { isOn = true, blank = false } = given;
  const hardState = { ...whole, blank };
  const now = -10 * leaseMs;
  const lending = new Lending({ id: "follower1", isOn, hardState, now });
  const bench = new FollowerBench({ hardState }, { nodes, lending });
  const prepare = (epoch: number, at: { link: number; leader: NodeId }) => {
    const { link, leader } = at;
    const message = { type: "prepare", elected: true, epoch, leader, to: "follower1" } as const;
    bench.hear({ ...message, members: [], nodes }, link);
  };
  prepare(5, { link: 1, leader: "leader" });
  // What a blank node would still have to be sent.
  const completeAt = blank ? 9 : 0;
  bench.hear({ type: "lead", epoch: 5, completeAt, replace: false });
  const confirm = (number: number, lend = true) => {
    bench.hear({ type: "confirm", epoch: 5, number, lend });
    return bench.answers.at(-1);
  };
  const promises = () =>
    bench.answers.flatMap((answer) => (answer.type === "promise" ? [answer.epoch] : []));
  return { bench, lending, prepare, confirm, promises };
}

const answer = (number: number, lends: boolean) => ({
  type: "confirmed",
  epoch: 5,
  number,
  lends,
});

describe("a follower lends", () => {
  test("only if it is asked to, its setting says so, and it is not blank", () => {
    expect(start().confirm(1)).toEqual(answer(1, true));
    expect(start().confirm(1, false)).toEqual(answer(1, false));
    expect(start({ isOn: false }).confirm(1)).toEqual(answer(1, false));
    expect(start({ blank: true }).confirm(1)).toEqual(answer(1, false));
  });

  test("and says so on its disk before it does", () => {
    const { bench } = start();
    expect(bench.disk.state.hardState).toMatchObject({ promisedEpoch: 5, lends: true });
    expect(start({ isOn: false }).bench.disk.state.hardState.lends).toBeUndefined();
  });
});

describe("while it lends", () => {
  test("others get their promise when the lease ends: the highest epoch, whoever came first", () => {
    const { bench, prepare, confirm, promises } = start();
    confirm(1);
    prepare(7, { link: 2, leader: "follower2" });
    prepare(10, { link: 3, leader: "follower2" });
    expect(bench.core.promiseDueAt).toBe(leaseMs);
    bench.now = leaseMs - 1;
    bench.do(bench.core.tick(bench.now));
    expect(promises()).toEqual([5]);
    bench.now = leaseMs;
    bench.do(bench.core.tick(bench.now));
    expect(promises()).toEqual([5, 10]);
    expect(bench.refusals).toHaveLength(1);
    expect(bench.core.promiseDueAt).toBeUndefined();
  });

  test("it lends no more once somebody waits, so that this ends", () => {
    const { bench, prepare, confirm } = start();
    confirm(1);
    prepare(7, { link: 2, leader: "follower2" });
    bench.now = 100;
    expect(confirm(2)).toEqual(answer(2, false));
    expect(bench.core.promiseDueAt).toBe(leaseMs);
    bench.do(bench.core.linkClosed(2));
    expect(confirm(3)).toEqual(answer(3, true));
  });

  test("what may not be promised is refused at once", () => {
    const { bench, prepare, confirm } = start();
    confirm(1);
    prepare(1, { link: 2, leader: "follower2" });
    expect(bench.refusals).toHaveLength(1);
  });

  test("the leader it lends to gets its promise at once, in the same epoch and in a higher one", () => {
    const { prepare, confirm, promises } = start();
    confirm(1);
    prepare(5, { link: 2, leader: "leader" });
    prepare(8, { link: 3, leader: "leader" });
    expect(promises()).toEqual([5, 5, 8]);
  });

  test("only the leader it lends to can end that", () => {
    const { bench, lending, confirm } = start();
    confirm(1);
    bench.hear({ type: "stand", epoch: 5, to: "follower2", released: false });
    lending.release("follower2");
    expect(lending.freeAt("follower2")).toBe(leaseMs);
    bench.hear({ type: "stand", epoch: 5, to: "follower2", released: true });
    expect(lending.freeAt("follower2")).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe("a process that starts waits one lease before it promises", () => {
  const startsWith = (change: Partial<HardState>, isOn: boolean) => {
    const hardState = { ...whole, ...change };
    const lending = new Lending({ id: "follower1", isOn, hardState, now: 0 });
    const waits = (to: NodeId) => lending.freeAt(to) === leaseMs;
    return nodes.map(waits);
  };

  test.each([
    [
      "others than the one that it promised last",
      { promisedLeader: "leader" },
      [false, true, true],
    ],
    ["anybody, if its disk does not know whom it promised", {}, [true, true, true]],
    ["nobody, if that was itself", { promisedLeader: "follower1" }, [false, false, false]],
  ])("%s", (_, change, expected) => {
    expect(startsWith(change, true)).toEqual(expected);
    expect(startsWith({ ...change, lends: true }, false)).toEqual(expected);
    expect(startsWith(change, false)).toEqual([false, false, false]);
  });

  test("and a second start within that time still knows of the first", () => {
    const hardState = { ...whole, promisedEpoch: 3, promisedLeader: "leader", lends: true };
    const lending = new Lending({ id: "follower1", isOn: false, hardState, now: 0 });
    expect(lending.isNoted(leaseMs - 1)).toBe(true);
    expect(lending.isNoted(leaseMs)).toBe(false);
  });
});
