import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Moment, Recording } from "../../src/virtual/playground/moments.ts";
import { record } from "../../src/virtual/playground/record.ts";
import { textUntil } from "../../src/virtual/playground/text-until.ts";
import { Run } from "../../src/virtual/runs/run.ts";
import { Chance } from "../../src/virtual/world/random.ts";
import { storiesFolder } from "./playing.ts";
import { randomCommands, randomStory } from "./random-story.ts";

const seeds = 200;
const samples = 3;
const stories = readdirSync(storiesFolder).filter((name) => name.endsWith(".txt"));
const storyText = (name: string) => readFileSync(join(storiesFolder, name), "utf8");
const firstStory = storyText("01-one-write.txt");

test("forward and back: a replay that ends at a moment shows exactly that moment", async () => {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const text = randomStory(seed);
    const recording = await record(text);
    expect(recording.fault, text).toBeUndefined();
    expect(recording.breach?.sentence, text).toBeUndefined();
    const again = await record(text);
    expect(JSON.stringify(again.moments) === JSON.stringify(recording.moments), text).toBe(true);
    const chance = new Chance(seed);
    for (let sample = 0; sample < samples; sample += 1) {
      const moment = chance.pick(recording.moments);
      const cut = await record(textUntil(recording, moment.index));
      expect(cut.moments.at(-1), `seed ${seed}: ${textUntil(recording, moment.index)}`).toEqual(
        moment,
      );
    }
  }
});

test.for(stories)("%s is recorded with its recorded outcome", async (name) => {
  const text = storyText(name);
  const recording = await record(text);
  expect(recording.fault).toBeUndefined();
  expect(recording.breach).toBeUndefined();
  const told = [...recording.said.values()].flat().flatMap((line) => line.split("\n"));
  expect(told).toEqual(text.split("\n").filter((line) => !/^($|[#?!>])/.test(line)));
});

test("a command that is over says what came of it, unless it was told just now", async () => {
  const { moments } = await record(
    "> cluster\n> write a=1\n> crash leader\n> write a=2\n> read follower1 a\n",
  );
  const told = moments.filter(({ kinds }) => kinds.includes("command")).map(({ text }) => text);
  expect(told[1]).toMatch(/^write a=1: a=1: version 1, /);
  expect(told[3]).toBe("write a=2: the leader is down");
  expect(told[4]).toBe('read a: KEY_NOT_FOUND: no key "a"; read a at follower1; read follower1 a');
});

test("a link is slow in both directions, or in one, and no other is", async () => {
  const settledBy = async (link: string) => {
    const text = `> cluster followers=2 quorum=2\n> ${link}\n> write a=1 wait=200ms\n`;
    return [...(await record(text)).said.values()].at(-1);
  };
  const settled = (ms: string) => [
    `+${ms} ms  a=1: version 1, quorum 2, acks [follower1, follower2], ${ms} ms`,
  ];
  expect(await settledBy("link leader follower2 20ms")).toEqual(settled("41.0"));
  expect(await settledBy("link leader follower2 20ms oneway")).toEqual(settled("22.0"));
  expect(await settledBy("link follower1 follower2 20ms")).toEqual(settled("3.0"));
  const { moments } = await record(
    "> cluster\n> link leader follower2 20ms oneway\n> wire follower2 1ms\n",
  );
  expect([...new Set(moments.map(({ slow }) => slow.join()))]).toEqual(["", "leader follower2 20"]);
  expect(moments.at(-1)?.slow).toEqual([]);
});

test("what did not change is the same object from moment to moment", async () => {
  const { moments } = await record(firstStory);
  let kept = 0;
  for (const [at, moment] of moments.entries()) {
    const before = moments[at - 1];
    if (before === undefined || before.nodes.length !== moment.nodes.length) continue;
    for (const [place, node] of moment.nodes.entries()) {
      const old = before.nodes[place];
      if (old === node) kept += 1;
      else expect(node).not.toEqual(old);
    }
  }
  expect(kept).toBeGreaterThan(moments.length);
});

test("messages are numbered in the order of sending, also over several clusters", async () => {
  const { voyages, moments } = await record(`${firstStory}\n${firstStory}`);
  expect(voyages.map(({ id }) => id)).toEqual(voyages.map((_, at) => at + 1));
  const at = moments.map((moment) => moment.at);
  expect(at).toEqual(at.toSorted((one, other) => one - other));
});

test("a seed is recorded as it goes without a recorder, and can be cut at any moment", async () => {
  for (const [seed, failover] of [
    [1, false],
    [3, false],
    [1, true],
    [6, true],
  ] as const) {
    const { events, virtualMs, entries } = await new Run(seed, failover).tell();
    const recording = await record(`> seed ${seed}${failover ? " failover" : ""}\n`);
    expect([...recording.said.values()].flat()).toEqual([
      `${events} events in ${virtualMs} ms, ${entries} entries: every promise was kept`,
    ]);
    expect(recording.calls.length).toBeGreaterThan(20);
    const moment = new Chance(seed).pick(recording.moments.slice(2));
    const cut = await record(`${textUntil(recording, moment.index)}> status\n`);
    expect(cut.moments[moment.index]).toEqual(moment);
    expect(cut.said.get(1)).toHaveLength(recording.ids.length);
  }
});

const bad: readonly (readonly [string, string])[] = [
  ["> wrte a=1", 'no command is called "wrte"'],
  ["> crash follower9", '"follower9" does not fit: no node of this name'],
  ["> run soon", '"soon" does not fit: a time in milliseconds, like 10ms'],
  ["> run", "something is missing behind `run`: it is `run TIME`"],
  ["> drop #999", "#999 is not under way"],
  ["> write", "`write` needs a key and a value, like `write a=1`"],
  ["> read leader a as=1 of=2", '`read` has no option "of"'],
  ["> put mine leader", "no disk was kept as mine"],
];
test.for(bad)("%s is a fault with a line, not an exception", async ([command, sentence]) => {
  const recording = await record(`> cluster followers=2 quorum=1\n\n${command}\n> write a=1\n`);
  expect(recording.fault).toEqual({ line: 2, sentence });
  expect(recording.calls).toEqual([]);
});

test("whatever is typed is played, or is a fault of one line: nothing is thrown, and no promise breaks", async () => {
  let faults = 0;
  for (let seed = 1; seed <= 400; seed += 1) {
    const text = randomCommands(seed);
    const { fault, breach } = await record(text);
    if (fault !== undefined) faults += 1;
    expect(breach?.sentence, text).toBeUndefined();
  }
  expect(faults).toBeGreaterThan(50);
  expect(faults).toBeLessThan(400);
});

test("a story begins with a cluster", async () => {
  const { fault, moments } = await record("# no cluster yet\n\n> write a=1\n");
  expect(fault).toEqual({ line: 2, sentence: "a story begins with `cluster` or `seed`" });
  expect(moments).toHaveLength(1);
});

test("a recording that grows too long ends with a sentence", async () => {
  const { fault, moments } = await record("> cluster\n> run 3600000ms\n", { momentsMax: 500 });
  expect(fault).toMatchObject({ line: 1, sentence: expect.stringContaining("too long") });
  expect(moments.length).toBeLessThan(510);
});

test("a long recording makes room now and then, tells how far it is, and ends when asked to", async () => {
  const story = "> cluster followers=5 quorum=3\n> run 20000ms\n";
  const told: number[] = [];
  const ending = new AbortController();
  const recording = record(story, {
    signal: ending.signal,
    onProgress: ({ moments }) => {
      told.push(moments);
      if (told.length === 3) ending.abort();
    },
  });
  await expect(recording).rejects.toThrow(/abort/i);
  expect(told).toHaveLength(3);
  expect(told).toEqual(told.toSorted((one, other) => one - other));
});

test("a cell goes from received over durable and settled to applied", async () => {
  // Entry 1 waits for a slow follower; entry 2 is settled before it.
  const recording = await record(storyText("05-no-head-of-line-blocking.txt"));
  const second = ["received", "durable", "settled", "committed", "applied"];
  expect(statesOf(recording, { id: "leader", sequence: 2 })).toEqual(second);
  expect(statesOf(recording, { id: "leader", sequence: 1 })).toEqual([
    "received",
    "durable",
    "committed",
    "applied",
  ]);
});

function statesOf({ moments }: Recording, cell: { id: string; sequence: number }) {
  const stateOf = ({ nodes }: Moment) =>
    nodes.find(({ id }) => id === cell.id)?.cells.find(({ sequence }) => sequence === cell.sequence)
      ?.state;
  const states = moments.map(stateOf).filter((state) => state !== undefined);
  return states.filter((state, at) => state !== states[at - 1]);
}
