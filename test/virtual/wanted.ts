/** What a proof must have met, besides the situations. */
import { excuses } from "./account.ts";
import { electionFaultNames } from "./election-faults.ts";
import { electionSceneNames } from "./election-scenes.ts";
import { faultNames } from "./faults.ts";
import { sceneNames } from "./scenes.ts";

/** Of clusters in which any node may lead. */
export const wantedOfElections: readonly string[] = [
  ...electionFaultNames.map((name) => `fault: ${name}`),
  ...electionSceneNames.map((name) => `scene: ${name}`),
  "excused: every copy was on a disk that was lost",
];

export const wanted: readonly string[] = [
  ...faultNames.map((name) => `fault: ${name}`),
  ...sceneNames.map((name) => `scene: ${name}`),
  ...excuses.map((excuse) => `excused: ${excuse}`),
];
