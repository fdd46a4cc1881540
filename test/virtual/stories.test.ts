import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { playStory } from "./play-story.ts";
import { storiesFolder } from "./playing.ts";

const stories = readdirSync(storiesFolder).filter((name) => name.endsWith(".txt"));

test("there are at least 20 stories", () => {
  expect(stories.length).toBeGreaterThanOrEqual(20);
});

test.for(stories)("%s goes as it was recorded", async (name) => {
  const { recorded, played } = await playStory(join(storiesFolder, name));
  expect(played, "node test/virtual/playing.ts --update records it anew").toBe(recorded);
});
