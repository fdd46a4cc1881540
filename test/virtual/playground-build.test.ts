/** What the page of the playground plays: the protocol as it is built for browsers, with all planted faults. */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { plantedFaults } from "../../src/virtual/planted/planted.ts";
import { electionFaultsPlanted } from "../../src/virtual/planted/planted-elections.ts";
import type { Recording } from "../../src/virtual/playground/moments.ts";
import { record } from "../../src/virtual/playground/record.ts";
import type * as Engine from "../../webui/src/playground/world/engine.ts";
import { builtEngine } from "./built-engine.ts";
import { writePage } from "./page.ts";
import { storiesFolder } from "./playing.ts";

const all = [...plantedFaults, ...electionFaultsPlanted];
let built: typeof Engine;

beforeAll(async () => {
  built = await builtEngine("small");
});

const recorded = readdirSync(storiesFolder).filter((name) => name.endsWith(".txt"));
const textOf = (name: string) => readFileSync(join(storiesFolder, name), "utf8");
/** The story of that number. */
const storyOf = (story: string) =>
  recorded.find((name) => name.startsWith(/^\d+$/.test(story) ? `${story}-` : story)) ?? "";
const told = ({ said }: Recording) => [...said.values()].flat().join("\n");

test("the page has all stories", () => {
  expect(built.stories.map(({ name }) => `${name}.txt`).sort()).toEqual(recorded.sort());
});

test("the build plays every story exactly as the source does", async () => {
  for (const name of recorded) {
    const [page, source] = [await built.record(textOf(name)), await record(textOf(name))];
    expect(JSON.stringify(page) === JSON.stringify(source), name).toBe(true);
  }
});

test("the page of the stories has no seeds, and says what has", async () => {
  const { fault } = await built.record("> seed 7 failover");
  expect(fault?.sentence).toContain("npm run test:virtual -- --failover --seed 7 --html FILE");
});

test("the page has every planted fault but those of constants", () => {
  const missing = all.filter(({ name }) => !built.faults.some((fault) => fault.name === name));
  expect(missing.map(({ file }) => file)).toEqual(["replication/lease.ts", "replication/lease.ts"]);
});

const withStory = all.filter(
  ({ story, file }) => story !== undefined && file !== "replication/lease.ts",
);
test.for(withStory)("in the page, story $story shows: $name", async ({ name, story = "" }) => {
  const text = textOf(storyOf(story));
  const sound = await built.record(text);
  expect(sound.breach).toBeUndefined();
  const faulty = await built.record(text, { fault: name });
  expect(faulty.breach !== undefined || told(faulty) !== told(sound)).toBe(true);
});

const hunts = [
  ["an entry settles one ack too early", "01"],
  ["an entry settles before the leader has flushed it", "29"],
  ["two acks of one follower count as two", "119"],
] as const;
test.for(hunts)("in the page, %s breaks a promise in story %s", async ([name, story]) => {
  const { breach, moments, calls } = await built.record(textOf(storyOf(story)), { fault: name });
  expect(breach).toMatchObject({ moment: moments.length - 1 });
  expect(moments.at(-1)?.kind).toBe("broken");
  expect(breach?.nodes.length).toBeGreaterThan(0);
  expect(breach?.calls.length).toBeGreaterThan(0);
  expect(breach?.calls.every((id) => calls.some((call) => call.id === id))).toBe(true);
  // The fault is gone with its recording.
  expect((await built.record(textOf(storyOf(story)))).breach).toBeUndefined();
});

test("a seed that breaks a promise becomes a page that opens right before", async () => {
  const fault = "an entry settles one ack too early";
  const text = "> seed 1\n";
  const file = join(tmpdir(), `seed-${process.pid}.html`);
  try {
    const { moments, broken } = await writePage(file, { text, fault });
    expect(broken).toMatch(/was answered with acks/);
    const html = readFileSync(file, "utf8");
    const [, json = ""] =
      /<script type="application\/json" id="scenario">(.*?)<\/script>/.exec(html) ?? [];
    expect(JSON.parse(json)).toEqual({ text, fault, moment: moments - 2 });
    // The scenario stands before the script that reads it.
    expect(html.indexOf('id="scenario"')).toBeLessThan(html.lastIndexOf("<body"));
  } finally {
    rmSync(file, { force: true });
  }
});
