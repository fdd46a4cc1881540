import { expect, test } from "vitest";
import { memberOf } from "../../../test/support/benches/samples.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import type { NodeId } from "../types.ts";
import { Membership } from "./membership.ts";

const silenceMs = DEFAULT_LIMITS.silenceMsMax;

function streaming(...ids: readonly NodeId[]) {
  const members = new Membership(ids, DEFAULT_LIMITS);
  for (const peer of members.all) {
    peer.stream(1);
    members.heard(peer, 0);
  }
  const peer = (id: NodeId) => members.peer(id);
  const tickUntil = (end: number, from = 0) => {
    for (let now = from; now <= end; now += 100) members.tick(now);
  };
  return { members, peer, tickUntil };
}

test("rule 4: live is who has a stream, speaks, and can flush", () => {
  const { members, peer, tickUntil } = streaming("f1", "f2", "f3", "f4");
  peer("f2").drop();
  peer("f3").storageFault = "no space";
  expect(members.live).toEqual(["f1", "f4"]);
  tickUntil(silenceMs);
  members.heard(peer("f1"), silenceMs);
  tickUntil(silenceMs + 100, silenceMs);
  expect(members.live).toEqual(["f1"]);
  members.heard(peer("f4"), silenceMs + 200);
  expect(members.live).toEqual(["f1", "f4"]);
});

test("rule 4: silence proves nothing while this process itself stood still", () => {
  const { members } = streaming("f1");
  members.tick(0);
  members.tick(60_000);
  expect(members.live).toEqual(["f1"]);
  for (let now = 60_100; now <= 60_100 + silenceMs; now += 100) members.tick(now);
  expect(members.live).toEqual([]);
});

test("a pause does not bring back who was silent before it", () => {
  const { members, tickUntil } = streaming("f1");
  tickUntil(2 * silenceMs);
  expect(members.live).toEqual([]);
  members.tick(100_000);
  expect(members.live).toEqual([]);
});

test("a follower that receives a snapshot is led, and not live", () => {
  const { members, peer } = streaming("f1");
  const copy = { applied: 0, digest: "", history: undefined, page: () => [], close: () => {} };
  const counts = { after: undefined, sent: 0, received: 0, ended: false, moved: undefined };
  peer("f1").link = { state: "snapshot", number: 1, copy, ...counts };
  expect(members.live).toEqual([]);
  expect(members.led.map(({ id }) => id)).toEqual(["f1"]);
});

test("each change of state is told once, and a new process always", () => {
  const { members, peer } = streaming("f1", "f2");
  const told = { type: "member", restarted: false };
  expect(members.report()).toEqual([
    { ...told, id: "f1", state: "live" },
    { ...told, id: "f2", state: "live" },
  ]);
  expect(members.report()).toEqual([]);
  peer("f2").drop();
  expect(members.report()).toEqual([{ ...told, id: "f2", state: "unreachable" }]);
  const restarted = { type: "member", id: "f2", state: "unreachable", restarted: true };
  expect(members.report(peer("f2"))).toEqual([restarted]);
});

test("a gateway that was not heard of yet is the one known before", () => {
  const { members, peer } = streaming("f1", "f2", "f3");
  const member = { ...memberOf("f1"), url: "http://new" };
  peer("f1").promised({ incarnation: "1", member, applied: 0, digest: "" });
  const before = [memberOf("f1"), memberOf("f2")];
  expect(members.gateways(before).map(({ url }) => url)).toEqual(["http://new", "http://f2"]);
});
