/** What a proof must have met, besides the situations. */

import { electionFaultNames } from "../../src/virtual/runs/election-faults.ts";
import { electionSceneNames } from "../../src/virtual/runs/election-scenes.ts";
import { faultNames } from "../../src/virtual/runs/faults.ts";
import { sceneNames } from "../../src/virtual/runs/scenes.ts";
import { excuses } from "../../src/virtual/world/account.ts";

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
