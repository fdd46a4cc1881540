import { expect, test } from "vitest";
import type { MemberView } from "../api/wire.ts";
import { expectation, scenarios } from "./scenarios.ts";

const ids = ["follower1", "follower2", "follower3", "follower4", "follower5"];
const members = ids.map(
  (id): MemberView => ({
    id,
    role: "follower",
    url: "",
    state: "live",
    acked: 1,
    applied: 1,
    lag: 0,
    lagMs: 0,
    digestMatch: true,
    lastContactMs: 1,
    incarnation: "a",
    storageFault: "",
    refusal: "",
  }),
);

const told = (name: string, quorum: number): string => {
  const faults = scenarios.find((scenario) => scenario.name === name)?.faults(ids, quorum) ?? {};
  const active = Object.entries(faults).map(([id, fault]) => [id, { fault, endsAt: 0 }] as const);
  return expectation(Object.fromEntries(active), members, quorum).sentence;
};

test("every scenario says what writes can expect", () => {
  expect(told("Healthy", 3)).toBe("Quorum 3 with 5 live: all is healthy.");
  expect(told("One slow follower", 3)).toBe(
    "Writes will not wait for follower1: 4 others make the quorum of 3.",
  );
  expect(told("One slow follower", 5)).toContain("writes will be slow");
  expect(told("One down", 3)).toBe("Quorum 3 with 4 live: writes go on, 1 to spare.");
  expect(told("One down", 5)).toBe("Quorum 5 with 4 live: writes will be refused.");
  for (const quorum of [1, 2, 3, 4, 5]) {
    expect(told("Quorum out of reach", quorum)).toContain("writes will be refused");
  }
});
