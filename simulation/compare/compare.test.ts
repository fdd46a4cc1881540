import { afterEach, expect, test } from "vitest";
import {
  type StandIn,
  type StandInStore,
  startStandIn,
} from "../../test/simulation/stand-in-node.ts";
import { compareStores } from "./compare.ts";
import type { ListedKey } from "./merge.ts";
import { unifiedDiff } from "./unified.ts";

const running: StandIn[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((node) => node.close()));
});

async function start(store: StandInStore) {
  const node = await startStandIn(store);
  running.push(node);
  return node;
}

const keys: readonly ListedKey[] = Array.from({ length: 8 }, (_, index) => ({
  key: `key-${index}`,
  version: index + 1,
  text: JSON.stringify({ n: index }),
}));
const leaderStore = { id: "leader", keys, digest: "aaaaaaaaaaaaaaaa" };

const corrupted = keys
  .filter(({ key }) => key !== "key-1")
  .map((listed) => (listed.key === "key-4" ? { ...listed, version: 2 } : listed))
  .map((listed) => (listed.key === "key-6" ? { ...listed, text: '{"n":66}' } : listed))
  .concat({ key: "key-9", version: 3, text: "true" });

test("values that a double cannot tell apart are told apart", async () => {
  const [first = { key: "", version: 1, text: "" }] = keys;
  const store = (text: string) => ({ keys: [{ ...first, text }], digest: text.slice(0, 16) });
  const leader = await start({ id: "leader", ...store("9007199254740993") });
  const texts = ["9007199254740992", '{"b":1,"1":2}', "9007199254740993"];
  const nodes = texts.map((text, at) => start({ id: `follower${at + 1}`, ...store(text) }));
  const followers = await Promise.all(nodes);
  const found = await compareStores({ leader, followers, listAnywayKeysMax: 10 });
  const diverged = found.followers.map(({ counts }) => counts.diverged);
  expect(diverged).toEqual([1, 1, 0]);
  expect(found.followers[1]?.differences[0]?.follower?.value).toBe('{"b":1,"1":2}');
});

test("equal digests need no listing", async () => {
  const leader = await start(leaderStore);
  const follower = await start({ ...leaderStore, id: "follower1" });
  const { followers } = await compareStores({ leader, followers: [follower] });
  expect(followers).toMatchObject([{ identical: true, method: "digest" }]);
  expect(follower.asked.has("/read")).toBe(false);
});

test("a corrupted store is taken apart into the four classes, page by page", async () => {
  const leader = await start(leaderStore);
  const follower = await start({ id: "follower1", keys: corrupted, digest: "bbbbbbbbbbbbbbbb" });
  const comparison = await compareStores({ leader, followers: [follower] });
  const [found] = comparison.followers;
  expect(found).toMatchObject({
    identical: false,
    method: "keys",
    counts: { missing: 1, stale: 1, diverged: 1, extra: 1 },
  });
  expect(follower.asked.get("/read")).toBe(3);
  if (found === undefined) throw new Error("a follower was compared");
  expect(unifiedDiff({ moment: "settled", atMs: 12, ...comparison }, found)).toBe(
    [
      "--- leader\tapplied 9, after convergence (+12 ms)",
      "+++ follower1\tapplied 9",
      '@@ missing "key-1" @@',
      '-{"n":1}  (version 2)',
      '@@ stale "key-4" @@',
      '-{"n":4}  (version 5)',
      '+{"n":4}  (version 2)',
      '@@ diverged "key-6" @@',
      '-{"n":6}  (version 7)',
      '+{"n":66}  (version 7)',
      '@@ extra "key-9" @@',
      "+true  (version 3)",
      "",
    ].join("\n"),
  );
});

test("digests that lie are found out where keys are listed anyway", async () => {
  const leader = await start(leaderStore);
  const follower = await start({ ...leaderStore, id: "follower1", keys: corrupted });
  const options = { leader, followers: [follower], listAnywayKeysMax: 100 };
  const { followers } = await compareStores(options);
  expect(followers).toMatchObject([{ identical: false, method: "keys" }]);
});

test("a follower that does not answer is not called equal", async () => {
  const leader = await start(leaderStore);
  const gone = { id: "follower1", url: "http://127.0.0.1:1" };
  const { followers } = await compareStores({ leader, followers: [gone] });
  expect(followers[0]).toMatchObject({ identical: false, method: "none" });
  expect(followers[0]?.error).toMatch(/got no answer/);
});

test("a leader that does not answer ends the comparison", async () => {
  const gone = { id: "leader", url: "http://127.0.0.1:1" };
  await expect(compareStores({ leader: gone, followers: [] })).rejects.toThrow(/got no answer/);
});
