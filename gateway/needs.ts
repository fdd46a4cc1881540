/** What a call requires of its caller, found by its path: for calls that another member will answer. */
import type { Need } from "./access/caller.ts";
import { callsOf, type Endpoint } from "./endpoint.ts";

/** The need of a target such as `/faults/follower1?x`; what no endpoint serves is open, as the page is. */
export type FindNeed = (method: string, target: string) => Need;

/** `endpoints`: those of this node, which all members have. */
export function needFinder(endpoints: readonly Endpoint[]): FindNeed {
  const known = endpoints.map((endpoint) => ({
    shape: shapeOf(endpoint.path),
    calls: callsOf(endpoint),
  }));
  return (method, target) => {
    const path = target.replace(/[?#].*$/s, "");
    return known.find(({ shape }) => shape.test(path))?.calls.get(method)?.needs ?? "open";
  };
}

/** Matches what Express matches with its strict, case-sensitive routing. */
const shapeOf = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll(/\*\w+/g, ".+").replaceAll(/:\w+/g, "[^/]+")}$`);
