import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { listenForNoise } from "./noise.ts";

test("a blocked event loop is heard", async () => {
  const heard = listenForNoise();
  await pause(20);
  const until = performance.now() + 60;
  while (performance.now() < until);
  await pause(20);
  expect(heard().maxMs).toBeGreaterThan(30);
});
