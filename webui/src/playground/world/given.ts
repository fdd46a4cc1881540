/** The scenario that somebody put into the page's file: see `test/virtual/page.ts`. */
import type { Scenario } from "../../../../src/virtual/playground/moments.ts";

/** Undefined: the page is as it was built. */
export function givenScenario(): Scenario | undefined {
  const given = document.getElementById("scenario")?.textContent;
  return given === undefined || given === null ? undefined : (JSON.parse(given) as Scenario);
}
