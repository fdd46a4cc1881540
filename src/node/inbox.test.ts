import { expect, test } from "vitest";
import { Inbox } from "./inbox.ts";
import { Lifetime } from "./lifetime.ts";

/** An inbox whose effects are names; `onEffect` runs while one is performed. */
function bench() {
  const lifetime = new Lifetime();
  const told: string[] = [];
  const hooks: { onEffect: (effect: string) => void } = { onEffect: () => {} };
  const inbox = new Inbox<readonly string[]>({
    lifetime,
    perform: (effects) => {
      for (const effect of effects) {
        told.push(effect);
        hooks.onEffect(effect);
      }
    },
    performed: () => told.push("performed"),
    broken: (reason) => {
      told.push(`broken: ${reason}`);
      lifetime.finish();
    },
  });
  return { lifetime, inbox, told, hooks };
}

test("a fact that arises while effects are performed waits until all of them are", () => {
  const { inbox, told, hooks } = bench();
  hooks.onEffect = (effect) => {
    if (effect === "a1") inbox.take(() => ["b1"]);
  };
  inbox.take(() => ["a1", "a2"]);
  expect(told).toEqual(["a1", "a2", "b1", "performed"]);
});

test("what follows a round is not followed itself, unless another fact arises in it", () => {
  const { inbox, told, hooks } = bench();
  inbox.takeFollowing(() => ["announced"]);
  expect(told).toEqual(["announced"]);
  hooks.onEffect = (effect) => {
    if (effect === "announced") inbox.take(() => ["closed"]);
  };
  inbox.takeFollowing(() => ["announced"]);
  expect(told.slice(1)).toEqual(["announced", "closed", "performed"]);
});

test("a rule that throws stops the node, and nothing is performed afterwards", () => {
  const { inbox, told } = bench();
  const broken = () =>
    inbox.take(() => {
      throw new Error("applied never moves back");
    });
  expect(broken).toThrow("applied never moves back");
  inbox.take(() => ["late"]);
  inbox.takeFollowing(() => ["late"]);
  expect(told).toEqual(["broken: applied never moves back"]);
});
