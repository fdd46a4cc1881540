/** The same explorations as `npm run test:spec`, shorter, and always with the same runs. */
import { expect, test } from "vitest";
import { explorations, seedOf } from "./explorations.ts";
import { isAsItMust, loadModel } from "./model.ts";

const seed = "1";
/** Of the runs of `npm run test:spec`. */
const share = 0.2;

const model = await loadModel();

test.each(explorations)("$name: $step", (exploration) => {
  const { name, mustViolate, runs } = exploration;
  const short = { ...exploration, runs: mustViolate ? runs : Math.ceil(runs * share) };
  const outcome = model.explore(short, seedOf(name, seed));
  expect(isAsItMust(exploration, outcome), JSON.stringify(outcome)).toBe(true);
});
