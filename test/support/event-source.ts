/** An open stream of server-sent events, read one event at a time. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
// A dependency of the simulation: among the root's it would be part of a node's production install.
import { createParser, type EventSourceMessage } from "eventsource-parser";

export interface OpenStream {
  readonly response: IncomingMessage;
  /** The next event; waits for it. Rejects when the stream ends first. */
  next(): Promise<EventSourceMessage>;
  /** Comments so far. */
  readonly comments: readonly string[];
  /** Ids so far, with and without an event. */
  readonly ids: readonly string[];
  /** Waits until the other side ends the stream. */
  ended(): Promise<void>;
  close(): Promise<void>;
}

/** Rejects when the answer is not an event stream. */
export const openStream = async (
  url: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<OpenStream> => {
  const { hostname, port } = new URL(url);
  const sent = request({ hostname, port, path: target, headers, agent: false }).end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  if (response.headers["content-type"] !== "text/event-stream; charset=utf-8") {
    response.resume();
    throw new Error(`${target} answered ${response.statusCode}`);
  }
  const events: EventSourceMessage[] = [];
  const comments: string[] = [];
  const ids: string[] = [];
  let line = "";
  let isOver = false;
  let wake = () => {};
  const parser = createParser({
    onEvent: (event) => events.push(event),
    onComment: (comment) => comments.push(comment),
  });
  response.setEncoding("utf8");
  response.on("data", (chunk: string) => {
    parser.feed(chunk);
    // The parser tells of no id without an event.
    const lines = (line + chunk).split("\n");
    line = lines.pop() ?? "";
    ids.push(...lines.flatMap((each) => each.match(/^id: (.*)/)?.[1] ?? []));
    wake();
  });
  response.on("error", () => {});
  response.on("close", () => {
    isOver = true;
    wake();
  });
  const news = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  return {
    response,
    comments,
    ids,
    next: async () => {
      for (;;) {
        const event = events.shift();
        if (event !== undefined) return event;
        if (isOver) throw new Error("the stream ended");
        await news();
      }
    },
    ended: async () => {
      while (!isOver) await news();
    },
    close: async () => {
      sent.destroy();
      while (!isOver) await news();
    },
  };
};
