/** Everything that a campaign throws at a cluster, each drawn from a seed. */
import { Client, credentials } from "@grpc/grpc-js";
import fc from "fast-check";
import { encodeLeaderMessage } from "../../src/transport/codec.ts";
import type { Cluster } from "../support/cluster.ts";
import { leaderMessage } from "../support/wire-messages.ts";
import { findFault, type HttpAnswer, parse } from "./documented.ts";
import { flood, floods } from "./http2.ts";
import { rawBytes, wildBulkWrite, wildMessage } from "./messages.ts";
import { pathTries } from "./paths.ts";
import { mutated, send, wildRequest } from "./requests.ts";
import { smugglingForms, statusesIn } from "./smuggling.ts";
import { exchangeRaw } from "./sockets.ts";

/** What came back, for the figures: a code of the documented table, or a word. */
type Outcome = string;

/** One thing to do to the cluster. Throws where an answer is not one of the documented ones. */
export interface Attack {
  readonly kind: string;
  /** Which node is meant, as a number to divide by theirs. */
  readonly at: number;
  run(cluster: Cluster, at: number): Promise<Outcome>;
}

const nodeAt = ({ nodes, leader }: Cluster, at: number) => nodes[at % nodes.length] ?? leader;
const portOf = (url: string): number => Number(new URL(url).port);
const same = (bytes: Buffer): Buffer => bytes;

function judged(method: string, answer: HttpAnswer): Outcome {
  if (answer.headers["content-type"]?.startsWith("text/event-stream")) return "stream";
  const fault = findFault(method, answer);
  if (fault !== undefined) throw new Error(`${fault}: ${answer.status} ${answer.text}`);
  return answer.status < 400 ? "ok" : String(parse(answer.text)?.["code"] ?? answer.status);
}

const http = wildRequest.map((wild) => async (cluster: Cluster, at: number) => {
  return judged(wild.method, await send(nodeAt(cluster, at).url, wild));
});

const path = fc
  .tuple(fc.constantFrom(...pathTries("package.json")), fc.constantFrom("", "/nodes/leader"))
  .map(([tried, way]) => async (cluster: Cluster, at: number) => {
    const wild = { method: "GET", target: `${way}${tried}`, headers: {}, body: undefined };
    const answer = await send(nodeAt(cluster, at).url, wild);
    if (answer.status < 400) throw new Error(`${wild.target} was answered ${answer.status}`);
    return judged("GET", answer);
  });

const forms = ["/write", "/nodes/leader/write"].flatMap((to) => [...smugglingForms(to).values()]);
const bare = fc
  .oneof(rawBytes, fc.constantFrom(...forms), mutated(fc.constantFrom(...forms)))
  .map((bytes) => async (cluster: Cluster, at: number) => {
    const text = await exchangeRaw(portOf(nodeAt(cluster, at).url), bytes);
    return `status ${statusesIn(text)[0] ?? "none"}`;
  });

/** Calls a method with these messages and returns the name of the status, as the KV service has it. */
function call(port: number, method: string, messages: readonly Buffer[]): Promise<Outcome> {
  const channel = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const stream = channel.makeBidiStreamRequest(method, same, same);
  stream.on("data", () => undefined);
  stream.on("error", () => undefined);
  for (const message of messages) stream.write(message);
  stream.end();
  return new Promise((resolve) => {
    stream.on("status", ({ code }) => {
      channel.close();
      resolve(`gRPC status ${code}`);
    });
  });
}

const grpc = wildMessage.map(([method, message]) => (cluster: Cluster, at: number) => {
  return call(nodeAt(cluster, at).grpcPort, `/quorumkv.v1.KV/${method}`, [message]);
});

const bulk = fc
  .array(wildBulkWrite, { minLength: 1, maxLength: 8 })
  .map((messages) => (cluster: Cluster, at: number) => {
    return call(nodeAt(cluster, at).grpcPort, "/quorumkv.v1.KV/BulkWrite", messages);
  });

/** What nodes may say, but from ids that are no member's. */
const ofStrangers = leaderMessage.map((message) => Buffer.from(encodeLeaderMessage(message)));
const bytesBetweenNodes = fc.oneof(
  fc.uint8Array({ maxLength: 500 }).map((array) => Buffer.from(array)),
  ofStrangers,
  mutated(ofStrangers),
);
const replication = fc
  .array(bytesBetweenNodes, { minLength: 1, maxLength: 6 })
  .map((messages) => (cluster: Cluster, at: number) => {
    const method = "/quorumkv.v1.ReplicationService/Replicate";
    return call(nodeAt(cluster, at).grpcPort, method, messages);
  });

/** The frames of a flood, far fewer of them. */
const frames = fc
  .tuple(fc.constantFrom(...Object.values(floods)), fc.integer({ min: 1, max: 3000 }))
  .map(([{ times, ...each }, most]) => async (cluster: Cluster, at: number) => {
    const { grpcPort } = nodeAt(cluster, at);
    const few = { ...each, times: Math.min(times, most) };
    return (await flood(grpcPort, few, async () => undefined)).cut ? "cut off" : "taken";
  });

const garbage = rawBytes.map((bytes) => async (cluster: Cluster, at: number) => {
  await exchangeRaw(nodeAt(cluster, at).grpcPort, bytes);
  return "ended";
});

const kinds = { http, path, bare, grpc, bulk, replication, frames, garbage };

/** One attack; the HTTP ones are drawn most often, as they have most to draw. */
export const attack: fc.Arbitrary<Attack> = fc
  .tuple(
    fc.oneof(
      ...Object.entries(kinds).map(([kind, run]) => ({
        weight: kind === "http" ? 6 : 1,
        arbitrary: (run as fc.Arbitrary<Attack["run"]>).map((each) => ({ kind, run: each })),
      })),
    ),
    fc.nat(1000),
  )
  .map(([what, at]) => ({ ...what, at }));
