import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cluster, startCluster } from "../../test/support/cluster.ts";
import type { Sweep } from "./types.ts";

let cluster: Cluster;
let leader: string;

beforeAll(async () => {
  const env = { WRITE_QUORUM: "1", MIN_DELAY: "1", MAX_DELAY: "2" };
  cluster = await startCluster({ followers: 2, env });
  leader = cluster.leader.url;
});
afterAll(() => cluster.close());

const wanted = { quorums: [1, 2], clients: 2, writes: 3, rounds: 1, minDelay: 0, maxDelay: 30 };

async function call(path: string, init: RequestInit = {}, base = leader) {
  const response = await fetch(`${base}${path}`, init);
  return { status: response.status, body: await response.text(), headers: response.headers };
}
const post = (body: unknown) =>
  call("/sweeps", {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
const sweepIn = ({ body }: { body: string }): Sweep => JSON.parse(body).sweep;
async function delaysInForce() {
  const { config } = JSON.parse((await call("/status")).body);
  return { minDelay: config.minDelay, maxDelay: config.maxDelay, quorum: config.writeQuorum };
}

/** The names of all events, once the stream has ended by itself. */
async function eventsOf(id: string) {
  const { body } = await call(`/sweeps/${id}/events`);
  return [...body.matchAll(/^event: (.+)\ndata: (.+)$/gm)].map(([, name, data]) => ({
    name,
    data: JSON.parse(data ?? ""),
  }));
}

test("a sweep runs to its report, tells of every write, and puts the delays back", async () => {
  const started = await post(wanted);
  expect(started.status).toBe(202);
  const { id, state } = sweepIn(started);
  expect(state).toBe("running");

  const events = await eventsOf(id);
  expect(events.filter(({ name }) => name === "sample")).toHaveLength(12);
  expect(events.filter(({ name }) => name === "quorum")).toHaveLength(2);
  expect(events.at(-1)?.name).toBe("done");

  const sweep = sweepIn(await call(`/sweeps/${id}`));
  expect(sweep).toMatchObject({ state: "done", progress: { writesDone: 12, writesTotal: 12 } });
  expect(sweep.results.map(({ quorum, samples, errors }) => [quorum, samples, errors])).toEqual([
    [1, 6, 0],
    [2, 6, 0],
  ]);
  expect(sweep.results.map(({ theoryMs }) => Math.round(theoryMs))).toEqual([10, 20]);
  // Six writes at each quorum prove nothing, and the sweep says so.
  expect(sweep.headline).toMatch(/^The cost of a further ack is inconclusive: .* repeat /);
  expect(await delaysInForce()).toEqual({ minDelay: 1, maxDelay: 2, quorum: 1 });

  const report = await call(`/sweeps/${id}/report/index.html`);
  expect(report.status).toBe(200);
  expect(report.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(report.body).toContain("<svg");
  expect((await call(`/sweeps/${id}/report/figures/ecdf.svg`)).status).toBe(200);
  for (const path of ["secret", "..%2f..%2fetc%2fpasswd", "figures/..%2fresults.json"]) {
    expect((await call(`/sweeps/${id}/report/${path}`)).status).toBe(404);
  }
  // Who comes late hears the whole run again.
  expect((await eventsOf(id)).filter(({ name }) => name === "sample")).toHaveLength(12);
});

test("one sweep at a time; a cancelled one ends and gives back what it borrowed", async () => {
  const long = { ...wanted, writes: 1000, maxDelay: 500 };
  const { id } = sweepIn(await post(long));
  const second = await post(wanted);
  expect(second.status).toBe(503);
  expect(JSON.parse(second.body).code).toBe("OVERLOADED");

  const stream = await fetch(`${leader}/sweeps/${id}/events`);
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  let heard = "";
  while (!heard.includes("event: sample")) heard += (await reader?.read())?.value ?? "";
  expect(await delaysInForce()).toMatchObject({ maxDelay: 500 });
  expect((await call(`/sweeps/${id}`, { method: "DELETE" })).status).toBe(200);
  for (let done = false; !done; ) {
    const step = await reader?.read();
    heard += step?.value ?? "";
    done = step?.done ?? true;
  }
  expect(heard).toContain("event: done");
  expect(sweepIn(await call(`/sweeps/${id}`)).state).toBe("cancelled");
  expect(await delaysInForce()).toEqual({ minDelay: 1, maxDelay: 2, quorum: 1 });
  const { sweeps } = JSON.parse((await call("/sweeps")).body);
  expect(sweeps[0].id).toBe(id);
});

test("bad requests are refused by name, and a follower sends to the leader", async () => {
  const bad: [object, RegExp][] = [
    [{ ...wanted, quorums: [3] }, /"quorums.0" must be a whole number from 0 to 2/],
    [{ ...wanted, quorums: [1, 1] }, /"quorums" must be a list of/],
    [{ ...wanted, minDelay: 50 }, /minDelay/],
    [{ ...wanted, writes: 10_000, rounds: 100 }, /at most 100000 writes/],
    [{ ...wanted, speed: 1 }, /Unknown field "speed"/],
  ];
  for (const [body, detail] of bad) {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body).detail).toMatch(detail);
  }
  expect((await call("/sweeps/none")).status).toBe(404);
  const [follower] = cluster.followers;
  const elsewhere = await call("/sweeps", {}, follower?.url);
  expect(elsewhere.status).toBe(421);
});
