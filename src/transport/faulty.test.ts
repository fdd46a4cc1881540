import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FakeNetwork } from "../../test/support/fake-network.ts";
import { VirtualClock } from "../../test/support/virtual-clock.ts";
import type { Link, LinkFault } from "../node/ports.ts";
import type { FollowerMessage, LeaderMessage } from "../replication/types.ts";
import { createFaultyNetwork } from "./faulty.ts";

const fiveMinutes = 300_000;
const question = (from: number): LeaderMessage => ({ type: "fetchLog", epoch: 1, from });
const answer = (number: number): FollowerMessage => ({
  type: "heartbeatReply",
  epoch: 1,
  number,
  applied: 0,
  digest: "",
  storageFault: "",
});

/** One follower, dialled through a faulty network on virtual time. */
const setUp = () => {
  const clock = new VirtualClock();
  const inner = new FakeNetwork();
  const { network, faults } = createFaultyNetwork({ network: inner, clock });
  const asked: number[] = [];
  const answered: number[] = [];
  const closings: string[] = [];
  const links: Link<LeaderMessage>[] = [];
  const cancel = network.dial("follower1", (link) => {
    links.push(link);
    return {
      received: (message) => {
        if (message.type === "heartbeatReply") answered.push(message.number);
      },
      closed: (reason) => closings.push(reason),
    };
  });
  const open = () =>
    inner.open("follower1", (message) => {
      if (message.type === "fetchLog") asked.push(message.from);
    });
  const set = (fault: LinkFault) => faults.set("follower1", fault);
  const ask = (from: number) => links.at(-1)?.send(question(from));
  return { clock, inner, faults, asked, answered, closings, links, cancel, open, set, ask };
};

describe("a link", () => {
  test("without a fault passes everything at once", () => {
    const { open, ask, asked, answered, clock } = setUp();
    const stream = open();
    ask(1);
    stream.reply(answer(1));
    expect([asked, answered, clock.pending]).toEqual([[1], [1], 0]);
  });

  test("that is paused holds both directions until the fault ends, and keeps their order", () => {
    const { open, ask, asked, answered, set, faults, closings } = setUp();
    const stream = open();
    set({ type: "pause" });
    for (const number of [1, 2]) {
      ask(number);
      stream.reply(answer(number));
    }
    expect([asked, answered]).toEqual([[], []]);
    faults.reset("follower1");
    ask(3);
    expect([asked, answered, closings]).toEqual([[1, 2, 3], [1, 2], []]);
  });

  test("that is slow brings every message that much later", () => {
    const { open, ask, asked, answered, set, clock } = setUp();
    const stream = open();
    set({ type: "slow", delayMs: 100 });
    ask(1);
    clock.advance(50);
    ask(2);
    stream.reply(answer(1));
    clock.advance(50);
    expect([asked, answered]).toEqual([[1], []]);
    clock.advance(50);
    expect([asked, answered]).toEqual([[1, 2], [1]]);
  });

  test("that is cut closes, and is dialled again only once the fault ends", () => {
    const { open, set, faults, inner, closings, links } = setUp();
    const stream = open();
    set({ type: "cut" });
    expect([stream.isOpen(), closings.length]).toEqual([false, 1]);
    expect(inner.isDialled("follower1")).toBe(false);
    faults.reset("follower1");
    open();
    expect([links.length, closings.length]).toEqual([2, 1]);
  });

  test("that opens during a pause is paused", () => {
    const { open, ask, asked, set, faults } = setUp();
    set({ type: "pause" });
    open();
    ask(1);
    expect(asked).toEqual([]);
    faults.reset("follower1");
    expect(asked).toEqual([1]);
  });

  test("that breaks while paused says so at once, and forgets what waited", () => {
    const { open, ask, asked, set, faults, closings } = setUp();
    const stream = open();
    set({ type: "pause" });
    ask(1);
    stream.break("gone");
    expect(closings).toEqual(["gone"]);
    open();
    faults.reset("follower1");
    expect(asked).toEqual([]);
  });

  test("that is paused too long for what is sent on it is dropped", () => {
    const { open, links, set, closings } = setUp();
    open();
    set({ type: "pause" });
    const value = "x".repeat(1024 * 1024);
    const entries = [{ sequence: 1, epoch: 1, origin: 1, operations: [{ key: "k", value }] }];
    for (let megabytes = 0; megabytes < 32; megabytes++) {
      expect(closings).toEqual([]);
      links[0]?.send({ type: "append", epoch: 1, entries, committed: 0 });
    }
    expect(closings).toEqual(["closed here"]);
  });

  test("keeps its order through any change of faults, and loses nothing", () => {
    const fault = fc.oneof(
      fc.constant(undefined),
      fc.constant({ type: "pause" } as const),
      fc.record({ type: fc.constant("slow" as const), delayMs: fc.nat(100) }),
    );
    const step = fc.oneof(fc.constant("send" as const), fc.nat(50), fc.record({ fault }));
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const { open, ask, asked, set, faults, clock } = setUp();
        open();
        let sent = 0;
        for (const step of steps) {
          if (step === "send") ask(++sent);
          else if (typeof step === "number") clock.advance(step);
          else if (step.fault === undefined) faults.reset("follower1");
          else set(step.fault);
        }
        clock.advance(fiveMinutes);
        expect(asked).toEqual(Array.from({ length: sent }, (_, index) => index + 1));
        expect(clock.pending).toBe(0);
      }),
    );
  });
});

test("a fault ends by itself after five minutes, counted from the last change", () => {
  const { set, faults, clock } = setUp();
  set({ type: "pause" });
  clock.advance(fiveMinutes - 1);
  set({ type: "cut" });
  clock.advance(fiveMinutes - 1);
  expect(faults.list()).toEqual({
    follower1: { fault: { type: "cut" }, endsAtWall: 2 * fiveMinutes - 1 },
  });
  clock.advance(1);
  expect([faults.list(), clock.pending]).toEqual([{}, 0]);
});

test("a cancelled dial stays cancelled when a cut ends", () => {
  const { set, faults, cancel, inner } = setUp();
  set({ type: "cut" });
  cancel();
  faults.reset("follower1");
  expect(inner.isDialled("follower1")).toBe(false);
});
