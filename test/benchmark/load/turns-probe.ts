/**
 * Loaded into a node before its program: says how long turns of its event loop are, ten times a second, in the file that
 * TURNS_FILE names. A timer that comes late has waited for a turn, or for a processor: what the thread itself worked
 * meanwhile tells them apart. What a process does before it listens on any port keeps nobody waiting and is told apart.
 */
import { subscribe } from "node:diagnostics_channel";
import { appendFileSync } from "node:fs";

const file = process.env["TURNS_FILE"];
const everyMs = 5;
const sayEveryMs = 100;

if (file !== undefined) {
  let serves = false;
  let last = performance.now();
  let saidAt = last;
  let worked = workedMs();
  let lateMs = 0;
  let turnMs = 0;
  const look = (): void => {
    const now = performance.now();
    const late = now - last - everyMs;
    const workedNow = workedMs();
    lateMs = Math.max(lateMs, late);
    turnMs = Math.max(turnMs, Math.min(late, workedNow - worked));
    [last, worked] = [now, workedNow];
  };
  const say = (): void => {
    appendFileSync(file, `${JSON.stringify({ at: Date.now(), serves, lateMs, turnMs })}\n`);
    [saidAt, lateMs, turnMs] = [last, 0, 0];
  };
  // Published by every server of this process, whatever speaks on it.
  subscribe("tracing:net.server.listen:asyncEnd", () => {
    if (serves) return;
    look();
    say();
    serves = true;
  });
  setInterval(() => {
    look();
    if (last - saidAt >= sayEveryMs) say();
  }, everyMs).unref();
}

/** Processor time of this thread. */
function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
