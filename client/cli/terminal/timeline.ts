/** The acks of one write along its time. */
import type { Receipt } from "../../src/types.ts";
import type { Paint } from "./paint.ts";
import { visible } from "./visible.ts";

const widthOfTime = 40;

/** A line for each follower: what was simulated, then the rest until its ack. */
export function timelineOf({ acks, quorum, latencyMs }: Receipt, paint: Paint): string {
  const longestMs = Math.max(latencyMs, ...acks.map(({ ms = 0 }) => ms), 0.001);
  const column = (ms: number) => Math.round((ms / longestMs) * widthOfTime);
  const names = acks.map(({ node }) => visible(node));
  const width = Math.max(6, ...names.map((name) => name.length));
  const lines = acks.map(({ ms = 0, delayMs = 0 }, index) => {
    const held = column(Math.min(delayMs, ms));
    const bar = "·".repeat(held) + "━".repeat(Math.max(0, column(ms) - held));
    const counted = index < quorum ? paint("green", "●") : "○";
    return `${(names[index] ?? "").padEnd(width)}  ${bar}${counted}  ${ms.toFixed(1)} ms`;
  });
  const settled = `settled by ${quorum} of them and the leader after ${latencyMs.toFixed(1)} ms`;
  return [...lines, paint("dim", settled)].join("\n");
}
