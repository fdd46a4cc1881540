import { describe, expect, test } from "vitest";
import { Election, type ElectionEffect, type Standing, type Vote } from "./election.ts";
import { nextEpoch, placeOf } from "./epochs.ts";

const others = ["b", "c", "d", "e", "f"];
const note = (quorum: number) => ({ epoch: 1, number: 1, quorum, over: quorum, elected: true });
const holds = (change: Partial<Standing> = {}): Standing => ({
  promisedEpoch: 6,
  applied: 10,
  first: 1,
  last: 10,
  blank: false,
  floor: note(3),
  cluster: { id: "", confirmed: false, blank: false },
  ...change,
});

/** A follower of six nodes that lost its leader, with a poll under way unless told otherwise. */
function start(given: { own?: Standing; isChoice?: boolean; freeAt?: () => number } = {}) {
  const { own = holds(), isChoice = false, freeAt = () => 0 } = given;
  const settings = {
    id: "a",
    others,
    nodes: 6,
    timeoutMs: 1_000,
    isChoice,
    random: () => 0.5,
    freeAt,
  };
  const election = new Election(settings, () => own, 0);
  let number = 0;
  const poll = (now = election.dueAt): readonly ElectionEffect[] => {
    const effects = election.tick(now);
    for (const effect of effects) if (effect.type === "poll") number = effect.number;
    return effects;
  };
  const answer = (from: string, change: Partial<Vote> = {}) => {
    const yes = { type: "vote", agrees: true, reason: "", hearsUnable: false } as const;
    const vote = { ...yes, number, ...holds(), ...change };
    return election.voted(from, vote, election.dueAt - 1);
  };
  return { election, poll, answer };
}

describe("a follower that hears nothing", () => {
  test("asks all others after one to two election timeouts", () => {
    const { election, poll } = start();
    election.heard(5_000);
    expect(election.dueAt).toBe(6_500);
    expect(election.tick(6_499)).toEqual([]);
    expect(poll(6_500).filter(({ type }) => type === "poll")).toHaveLength(5);
  });

  test("asks almost at once where its leader's stream broke", () => {
    const { election } = start();
    election.heard(5_000);
    election.lost(5_100);
    expect(election.dueAt).toBeLessThan(5_200);
  });

  test("hangs up as soon as a leader is heard", () => {
    const { election, poll } = start();
    poll();
    expect(election.heard(9_000)).toEqual([{ type: "hangUp" }]);
    expect(election.polling).toBe(false);
  });

  test("asks nobody before what it has lent has ended", () => {
    const { election } = start({ freeAt: () => 5_400 });
    election.heard(5_000);
    election.lost(5_100);
    expect(election.tick(election.dueAt)).toEqual([]);
    expect(election.dueAt).toBeGreaterThan(5_400);
    expect(election.dueAt).toBeLessThan(5_500);
    expect(election.tick(election.dueAt).length).toBeGreaterThan(0);
  });

  test("repeats a poll that brought nothing", () => {
    const { election, poll } = start();
    poll();
    const endsAt = election.dueAt;
    expect(election.tick(endsAt)).toEqual([]);
    expect(election.dueAt).toBeGreaterThan(endsAt);
    expect(poll().length).toBeGreaterThan(0);
  });
});

describe("a node stands", () => {
  test("when as many nodes with data agree as phase 1 needs, itself included", () => {
    const { poll, answer } = start();
    poll();
    expect(answer("b")).toEqual([]);
    expect(answer("c", { promisedEpoch: 14 })).toEqual([{ type: "stand", above: 14 }]);
  });

  test("not by those who refuse, are blank, or answer an earlier poll", () => {
    const { poll, answer } = start();
    poll();
    expect(answer("b", { agrees: false })).toEqual([]);
    expect(answer("c", { blank: true })).toEqual([]);
    expect(answer("d", { number: 99 })).toEqual([]);
    expect(answer("e")).toEqual([]);
    expect(answer("f")).toHaveLength(1);
  });

  test("only with more nodes while writes rest on a lower quorum, which one voter knows", () => {
    const { poll, answer } = start();
    poll();
    answer("b", { floor: { ...note(1), number: 2 } });
    answer("c");
    expect(answer("d")).toEqual([]);
    expect(answer("e")).toHaveLength(1);
  });

  test("only with all others while nobody has the note of an elected leader", () => {
    const own = holds({ floor: { epoch: 1, number: 1, quorum: 3, over: 3 } });
    const { poll, answer } = start({ own });
    poll();
    for (const from of ["b", "c", "d", "e"]) expect(answer(from, { floor: undefined })).toEqual([]);
    expect(answer("f", { floor: undefined })).toHaveLength(1);
  });

  test("after two rounds where a voter's log no longer reaches back to its store", () => {
    const { poll, answer, election } = start();
    for (let round = 0; round < 2; round++) {
      poll();
      answer("b", { applied: 90, first: 50 });
      expect(answer("c")).toEqual([]);
      election.tick(election.dueAt);
    }
    poll();
    answer("b", { applied: 90, first: 50 });
    expect(answer("c")).toHaveLength(1);
  });

  test("only with a majority while it, or one that agrees, hears a leader that cannot lead", () => {
    for (const [ownHears, otherHears] of [
      [true, false],
      [false, true],
    ] as const) {
      const { election, poll, answer } = start();
      if (ownHears) election.heardUnable(election.dueAt - 1);
      poll();
      expect(answer("b", { hearsUnable: otherHears })).toEqual([]);
      expect(answer("c")).toEqual([]);
      // It needs no data to answer a round.
      expect(answer("d", { blank: true })).toHaveLength(1);
    }
  });

  test("with fewer again once that leader is silent, or its stream broke", () => {
    for (const isBroken of [true, false]) {
      const { election, poll, answer } = start();
      election.heardUnable(election.dueAt - (isBroken ? 1 : 1_500));
      if (isBroken) election.lost(election.dueAt - 1);
      poll();
      answer("b");
      expect(answer("c")).toHaveLength(1);
    }
  });

  test("when it is blank only as the leader of choice, with all others blank too", () => {
    const blank = { blank: true, applied: 0, first: 0, last: 0, floor: undefined };
    for (const [isChoice, lastIsBlank, stands] of [
      [true, true, 1],
      [false, true, 0],
      [true, false, 0],
    ] as const) {
      const { poll, answer } = start({ own: holds(blank), isChoice });
      poll();
      for (const from of ["b", "c", "d", "e"]) expect(answer(from, blank)).toEqual([]);
      expect(answer("f", lastIsBlank ? blank : {})).toHaveLength(stands);
    }
  });
});

test("a vote that names an epoch which nobody can have promised is none", () => {
  for (const [own, promisedEpoch] of [
    [holds(), 6 + 2 ** 32 + 1],
    [holds({ promisedEpoch: 2 ** 52 - 1 }), 2 ** 52 + 1],
  ] as const) {
    const { poll, answer } = start({ own });
    poll();
    answer("b");
    expect(answer("c", { promisedEpoch })).toEqual([]);
    expect(answer("d")).toEqual([{ type: "stand", above: 6 }]);
  }
});

describe("a voter", () => {
  test("refuses while it hears its leader, and agrees once that stream is lost", () => {
    const { election } = start();
    election.heard(5_000);
    expect(election.answer("b", 1, 5_900)).toMatchObject({ agrees: false, number: 1 });
    election.lost(5_950);
    expect(election.answer("b", 2, 5_960)).toMatchObject({ agrees: true, applied: 10 });
  });

  test("agrees while its leader says that it cannot lead, and tells so", () => {
    const { election } = start();
    election.heard(5_000);
    election.heardUnable(6_500);
    expect(election.answer("b", 1, 6_600)).toMatchObject({ agrees: true, hearsUnable: true });
    expect(election.answer("b", 1, 7_600)).toMatchObject({ agrees: true, hearsUnable: false });
    election.heardUnable(7_700);
    election.heard(7_800);
    expect(election.answer("b", 1, 7_900)).toMatchObject({ agrees: false, hearsUnable: false });
  });

  test("does not agree to two candidates at once, and leaves them time", () => {
    const { election } = start();
    expect(election.answer("b", 1, 100)).toMatchObject({ agrees: true });
    expect(election.answer("c", 1, 110)).toMatchObject({ agrees: false });
    expect(election.answer("b", 2, 120)).toMatchObject({ agrees: true });
    expect(election.answer("c", 2, 500)).toMatchObject({ agrees: true });
  });

  test("agrees to the one that the leader hands over to", () => {
    const { election } = start();
    election.heard(5_000);
    election.expect("c", 5_100);
    election.lost(5_101);
    expect(election.dueAt).toBeGreaterThan(5_600);
    expect(election.answer("b", 1, 5_200)).toMatchObject({ agrees: false });
    expect(election.answer("c", 1, 5_200)).toMatchObject({ agrees: true });
  });
});

test("an epoch names its node, and is above every known one", () => {
  const nodes = ["leader", "follower1", "follower2"];
  expect(nodes.map((id) => placeOf(id, nodes))).toEqual([2, 0, 1]);
  for (const known of [0, 1, 2, 3, 1_000_000]) {
    const epochs = [0, 1, 2].map((place) => nextEpoch(known, { place, nodes: 3 }));
    expect(new Set(epochs.map((epoch) => epoch % 3)).size).toBe(3);
    for (const epoch of epochs) {
      expect(epoch).toBeGreaterThan(known);
      expect(epoch).toBeLessThanOrEqual(known + 3);
    }
  }
});
