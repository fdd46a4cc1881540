/** What a proof must have met, besides the situations. */
import { excuses } from "./account.ts";
import { faultNames } from "./faults.ts";
import { sceneNames } from "./scenes.ts";

export const wanted: readonly string[] = [
  ...faultNames.map((name) => `fault: ${name}`),
  ...sceneNames.map((name) => `scene: ${name}`),
  ...excuses.map((excuse) => `excused: ${excuse}`),
];
