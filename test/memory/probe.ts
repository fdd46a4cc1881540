/**
 * Loaded into the leader's process before its program: once in a while it appends what the process
 * says of its own memory to the file that MEMORY_PROBE names, one JSON line at a time.
 */
import { appendFileSync } from "node:fs";

const file = process.env["MEMORY_PROBE"];
const everyMs = 5_000;

if (file !== undefined) {
  setInterval(() => {
    const { heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage();
    const line = JSON.stringify({ heapTotal, heapUsed, external, arrayBuffers });
    appendFileSync(file, `${line}\n`);
  }, everyMs).unref();
}
