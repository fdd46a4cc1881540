/** `GET /events` of one node: a greeting, then what happens there. History comes again after a reconnect. */
import type { StreamState } from "./stream-hub.ts";
import { openStream } from "./streams.ts";
import type { Hello, NodeEvent, SweepNews } from "./wire.ts";

export type { StreamState } from "./stream-hub.ts";

export interface NodeStreamEvents {
  /** `receivedAt`: this browser's wall clock when the greeting came, ms. */
  hello(hello: Hello, receivedAt: number): void;
  event(event: NodeEvent): void;
  sweep(news: SweepNews): void;
  state(state: StreamState): void;
}

const eventTypes = [
  "write",
  "ack",
  "settled",
  "unknown",
  "cluster",
  "config",
  "member",
  "rate",
] as const satisfies readonly NodeEvent["type"][];

/** Nodes publish their view of the cluster twice a second, so silence means that one is gone. */
const quietMsMax = 5000;

/** The returned function closes the stream. */
export function followNode(address: string, events: NodeStreamEvents): () => void {
  const names = ["hello", "sweep", ...eventTypes];
  return openStream(
    { address, names, kept: ["hello", "config", "sweep"], quietMsMax },
    {
      // The stream is of use once it has said whose it is.
      state: (state) => {
        if (state !== "live") events.state(state);
      },
      told: ([name, data, at]) => {
        if (name === "hello") {
          events.hello(JSON.parse(data) as Hello, at);
          events.state("live");
        } else if (name === "sweep") events.sweep(JSON.parse(data) as SweepNews);
        else events.event(JSON.parse(data) as NodeEvent);
      },
    },
  );
}
