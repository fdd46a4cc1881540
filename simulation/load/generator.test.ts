import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import type { Sample } from "../results/schema.ts";
import { generateLoad, type Load } from "./generator.ts";

/** Answers each write at once; `heard` gets the client that each value names. */
async function startServer(heard: (client: number) => void) {
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (more: string) => {
      text += more;
    });
    request.on("end", () => {
      heard(JSON.parse(text).value.client);
      response.end(JSON.stringify({ version: 1, latencyMs: 0, acks: [] }));
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const plan = { clients: 2, writes: 3, keys: 2, payload: 64, label: "q1r1", seed: 1 };

const loadOf = (change: Pick<Load, "url" | "staggerMs" | "signal" | "sampled">): Load => ({
  ...plan,
  quorum: 1,
  timeoutMs: 1000,
  warmup: 1,
  failed: ({ detail }) => {
    throw new Error(detail);
  },
  ...change,
});

test("every client makes its writes, after one that is not measured", async () => {
  const heard: number[] = [];
  const server = await startServer((client) => heard.push(client));
  const samples: Sample[] = [];
  const sampled = (sample: Sample) => samples.push(sample);
  const { signal } = new AbortController();
  await generateLoad(loadOf({ url: server.url, staggerMs: 4, signal, sampled }));
  server.close();
  expect(heard).toHaveLength(plan.clients * (plan.writes + 1));
  expect(samples).toHaveLength(plan.clients * plan.writes);
});

test("clients start spread out: the second waits although the first has made all its writes", async () => {
  const heard: number[] = [];
  const server = await startServer((client) => heard.push(client));
  const stop = new AbortController();
  let samples = 0;
  const sampled = () => {
    samples += 1;
    if (samples === plan.writes) stop.abort();
  };
  const hourMs = 3_600_000;
  await generateLoad(loadOf({ url: server.url, staggerMs: hourMs, signal: stop.signal, sampled }));
  server.close();
  expect(heard).toEqual([0, 0, 0, 0]);
});
