import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { course } from "./course.ts";
import { hunts } from "./hunts.ts";
import { plantedFaults } from "./planted/planted.ts";
import { electionFaultsPlanted } from "./planted/planted-elections.ts";

const folder = join(import.meta.dirname, "stories");
const names = readdirSync(folder).map((file) => file.replace(/\.txt$/, ""));
const taught = course.flatMap(({ stories }) => stories.map(({ name }) => name));

test("the course has each story once", () => {
  expect(taught.toSorted()).toEqual(names.toSorted());
});

test("no two stories, and no two chapters, have one title", () => {
  const titles = course.flatMap(({ stories }) => stories.map(({ title }) => title));
  expect(new Set(titles).size).toBe(titles.length);
  expect(new Set(course.map(({ title }) => title)).size).toBe(course.length);
});

const beginning = (name: string): readonly string[] => {
  const lines = readFileSync(join(folder, `${name}.txt`), "utf8").split("\n");
  return lines.slice(0, lines.indexOf(""));
};

test.for(names)("%s begins with a paragraph, one question and one answer", (name) => {
  const lines = beginning(name);
  const prose = lines.slice(0, -2);
  expect(prose.map((line) => line.slice(0, 2))).toEqual(prose.map(() => "# "));
  const length = prose.map((line) => line.slice(2)).join(" ").length;
  expect(length).toBeGreaterThan(80);
  expect(length).toBeLessThanOrEqual(400);
  expect(lines.at(-2)).toMatch(/^\? .+\?$/);
  expect(lines.at(-1)).toMatch(/^! .+\.$/);
});

test("what is hunted is planted, can be planted in a page, and its story is taught", () => {
  // The build cannot switch between two values of a constant.
  const planted = [...plantedFaults, ...electionFaultsPlanted]
    .filter(({ file }) => file !== "replication/lease.ts")
    .map(({ name }) => name);
  expect(hunts.map(({ fault }) => fault).filter((fault) => !planted.includes(fault))).toEqual([]);
  expect(hunts.map(({ story }) => story).filter((story) => !taught.includes(story))).toEqual([]);
});
