/** Puts over BulkWrite, so many of them unanswered on each stream: `bulk-load.ts URL streams seconds bytes in-flight`. */
import { setTimeout as wait } from "node:timers/promises";
import { encodeWrite, openBulkStream } from "./bulk-stream.ts";
import { Latencies } from "./latencies.ts";

const [url = "", ...numbers] = process.argv.slice(2);
const [streams = 1, seconds = 1, valueBytes = 64, inFlight = 1] = numbers.map(Number);

const value = JSON.stringify("v".repeat(valueBytes));
const writes = Array.from({ length: 1000 }, (_, index) =>
  encodeWrite([{ key: `key-${index + 1}`, value }]),
);
const latencies = new Latencies();

/** Answers come in the order of the writes: one group of them after the other. */
function start() {
  const sent: { count: number; at: number }[] = [];
  let turn = 0;
  const send = (count: number): void => {
    const next = Array.from({ length: count }, () => writes[turn++ % writes.length] as Buffer);
    sent.push({ count, at: performance.now() });
    stream.send(next);
  };
  const stream = openBulkStream(url, (count, failed) => {
    let [left, refused] = [count, failed];
    for (let group = sent[0]; group !== undefined && left > 0; group = sent[0]) {
      const part = Math.min(left, group.count);
      latencies.answered(part, refused, performance.now() - group.at);
      refused = 0;
      left -= part;
      group.count -= part;
      if (group.count === 0) sent.shift();
    }
    send(count);
  });
  send(inFlight);
  return stream;
}

const open = Array.from({ length: streams }, start);
await wait(seconds * 1000);
latencies.print();
for (const stream of open) stream.close();
process.exit();
