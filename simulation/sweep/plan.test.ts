import { expect, test } from "vitest";
import { planPasses } from "./plan.ts";

const options = { quorums: [1, 3], rounds: 2, seed: 7 };
const short = (order: "sequential" | "interleaved" | "random", seed = 7) =>
  planPasses({ ...options, order, seed }).map(({ quorum, round }) => `${quorum}.${round}`);

test("sequential finishes one quorum before the next, interleaved takes turns", () => {
  expect(short("sequential")).toEqual(["1.1", "1.2", "3.1", "3.2"]);
  expect(short("interleaved")).toEqual(["1.1", "3.1", "1.2", "3.2"]);
});

test("random is the seed's order and leaves nothing out", () => {
  expect(short("random")).toEqual(short("random"));
  expect(short("random").toSorted()).toEqual(short("sequential"));
});
