import { expect, test } from "vitest";
import { fragmentOf, openFragment, type Shared } from "./fragment.ts";

const shared: Shared = {
  text: "# Ünïcode — ⚡\n\n> cluster followers=3 quorum=2\n\n> write a=1\n".repeat(20),
  story: "01-one-write",
  index: 17,
  layout: "leader left",
  speed: 0.01,
  bug: "ack before flush",
};

test("a scenario comes back from its link as it was, in letters that survive a mail", async () => {
  const fragment = await fragmentOf(shared);
  expect(fragment).toMatch(/^s=[\w-]+$/);
  expect(fragment.length).toBeLessThan(shared.text.length / 2);
  expect(await openFragment(`#${fragment}`)).toEqual({ kind: "scenario", shared });
});

test("a fragment may name a story, or nothing", async () => {
  expect(await openFragment("#story=02-kth-ack")).toEqual({ kind: "story", name: "02-kth-ack" });
  expect(await openFragment("")).toEqual({ kind: "nothing" });
});

test.each(["#nonsense", "#s=", "#s=@@@", "#s=AAAA", "#s=q1YqU7IyMtBRKi5JLElVslJKUqoFAA"])(
  "of %s the page says that it could not be read",
  async (hash) => {
    const opened = await openFragment(hash);
    expect(opened.kind).toBe("unreadable");
    if (opened.kind === "unreadable")
      expect(opened.sentence).toMatch(/^The link could not be read: /);
  },
);

test("a link that was cut off is unreadable, wherever it was cut", async () => {
  const fragment = await fragmentOf(shared);
  for (let length = 3; length < fragment.length; length += 7)
    expect((await openFragment(fragment.slice(0, length))).kind).toBe("unreadable");
});

test("what a link asks for beyond the text is put within its bounds", async () => {
  const odd = { ...shared, index: -5, speed: Number.NaN };
  const opened = await openFragment(await fragmentOf(odd));
  expect(opened.kind === "scenario" && opened.shared.index).toBe(0);
  expect(opened.kind === "scenario" && opened.shared.speed).toBe(0.001);
});
