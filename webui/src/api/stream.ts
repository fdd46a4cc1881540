/**
 * `GET /events` of one node: a greeting, then what happens there. After a reconnect the node replays
 * its history, so events may come twice.
 */
import type { StreamState } from "./shared-stream.ts";
import { openStream } from "./streams.ts";
import type { Hello, NodeEvent, SweepNews } from "./wire.ts";

/** What to do with each kind of message. */
interface NodeHandlers {
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
  "leader",
  "member",
  "rate",
] as const satisfies readonly NodeEvent["type"][];

/** Nodes publish their view of the cluster twice a second, so silence means that a node is gone. */
const quietMsMax = 5000;

/** Opens the stream and keeps it open. The returned function closes it. */
export function followNode(address: string, handlers: NodeHandlers): () => void {
  const names = ["hello", "sweep", ...eventTypes];
  return openStream(
    { address, names, kept: ["hello", "config", "sweep"], quietMsMax },
    {
      // A stream counts as live once its greeting says which node it is from.
      state: (state) => {
        if (state !== "live") handlers.state(state);
      },
      event: ([name, data, at]) => {
        if (name === "hello") {
          handlers.hello(JSON.parse(data) as Hello, at);
          handlers.state("live");
        } else if (name === "sweep") handlers.sweep(JSON.parse(data) as SweepNews);
        else handlers.event(JSON.parse(data) as NodeEvent);
      },
    },
  );
}
