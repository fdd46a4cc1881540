/** The load where wrk is not installed: the same requests, in a process of their own. */
// A dependency of the simulation: among the root's it would be part of a node's production install.
import autocannon from "autocannon";
import type { HttpWorkload } from "./load.ts";

const [url = "", workload = "kv-put", connections = "10", seconds = "10", valueBytes = "64"] =
  process.argv.slice(2);
const value = "v".repeat(Number(valueBytes));
const token = process.env["KV_TOKEN"] ?? "";
const shown = token === "" ? {} : { authorization: `Bearer ${token}` };
const headers = { "content-type": "application/json", ...shown };
const base64 = (text: string): string => Buffer.from(text).toString("base64");

const makers: Readonly<Record<HttpWorkload, (key: string) => autocannon.Request>> = {
  "kv-put": (key) => ({
    method: "PUT",
    path: "/write",
    headers,
    body: JSON.stringify({ key, value }),
  }),
  "etcd-put": (key) => ({
    method: "POST",
    path: "/v3/kv/put",
    headers,
    body: JSON.stringify({ key: base64(key), value: base64(value) }),
  }),
  "etcd-get": (key) => ({
    method: "POST",
    path: "/v3/kv/range",
    headers,
    body: JSON.stringify({ key: base64(key) }),
  }),
  "kv-get": (key) => ({ method: "GET", path: `/read?key=${key}`, headers: shown }),
};

const make = makers[workload as HttpWorkload];
const result = await autocannon({
  url,
  connections: Number(connections),
  duration: Number(seconds),
  requests: Array.from({ length: 1000 }, (_, index) => make(`key-${index + 1}`)),
});
const figures = {
  answered: result["2xx"] + result.non2xx,
  failed: result.non2xx + result.errors + result.timeouts,
  seconds: result.duration,
  p50Ms: result.latency.p50,
  p99Ms: result.latency.p99,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
