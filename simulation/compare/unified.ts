/** Differences as a unified diff: the leader's side is what should be, the follower's what is. */
import type { Comparison, Difference, FollowerComparison } from "../results/schema.ts";

/**
 * Text for `diff` viewers: `-` is the leader's side, `+` the follower's. Ends with a line
 * break.
 */
export function unifiedDiff(
  { leader, moment, atMs }: Comparison,
  { node, applied, differences, omitted }: FollowerComparison,
): string {
  const when = moment === "answered" ? "right after the last answer" : "after convergence";
  const lines = [
    `--- ${leader.node}\tapplied ${leader.applied}, ${when} (+${Math.round(atMs)} ms)`,
    `+++ ${node}\tapplied ${applied ?? "unknown"}`,
    ...differences.flatMap(hunk),
  ];
  if (omitted > 0) lines.push(`# ${omitted} more differences were counted and left out`);
  return `${lines.join("\n")}\n`;
}

const hunk = ({ class: kind, key, leader, follower }: Difference): readonly string[] => [
  `@@ ${kind} ${JSON.stringify(key)} @@`,
  ...(leader === null ? [] : [`-${leader.value}  (version ${leader.version})`]),
  ...(follower === null ? [] : [`+${follower.value}  (version ${follower.version})`]),
];
