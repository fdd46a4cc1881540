/**
 * Redis as a replicated store: on each connection a pipeline of SETs and a WAIT behind them, and the next one once that is
 * answered: `redis-load.ts URL connections seconds bytes in-flight quorum`.
 */
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { Latencies } from "./latencies.ts";

const [url = "", ...numbers] = process.argv.slice(2);
const [connections = 1, seconds = 1, valueBytes = 64, inFlight = 1, quorum = 0] =
  numbers.map(Number);
const { hostname, port } = new URL(url);

const command = (...words: string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;
const value = "v".repeat(valueBytes);
const sets = Array.from({ length: 1000 }, (_, index) => command("SET", `key-${index + 1}`, value));
const waitForReplicas = command("WAIT", String(quorum), "0");
const latencies = new Latencies();

function start() {
  const socket = connect(Number(port), hostname);
  socket.setNoDelay(true);
  let turn = 0;
  let sentAt = 0;
  let received = "";
  const send = (): void => {
    const group = Array.from({ length: inFlight }, () => sets[turn++ % sets.length]);
    sentAt = performance.now();
    socket.write(group.join("") + waitForReplicas);
  };
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
    // The number of replicas ends the answers to a group.
    const end = /:(\d+)\r\n$/.exec(received);
    if (end === null) return;
    const stored = received.split("+OK\r\n").length - 1;
    const failed = Number(end[1]) < quorum ? inFlight : inFlight - stored;
    latencies.answered(inFlight, failed, performance.now() - sentAt);
    received = "";
    send();
  });
  send();
  return socket;
}

const sockets = Array.from({ length: connections }, start);
await wait(seconds * 1000);
latencies.print();
for (const socket of sockets) socket.destroy();
process.exit();
