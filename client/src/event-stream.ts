/** One connection of a watch: the operations of whole entries, as they arrive. */
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { answerOf, unexpected } from "./answers.ts";
import { Deadline } from "./deadline.ts";
import { isKVError } from "./errors.ts";
import { exchangeOf, type Fetch, open } from "./exchange.ts";

/** A node sends something at least every 15 s. */
const silenceMsMax = 40_000;
/** Characters of one event: a value of 1 MiB with room for escapes. */
const eventSizeMax = 16 * 1024 * 1024;

/** How a node says how far the stream is while it has nothing to tell. */
const position = /^at (\d+)$/;

/** The operations of one entry that were asked for; none: there was nothing up to this sequence. */
export interface ArrivedEntry {
  readonly messages: readonly EventSourceMessage[];
  readonly sequence: number;
}

export interface Opening {
  readonly fetch: Fetch;
  readonly headers: Readonly<Record<string, string>>;
  readonly endpoint: string;
  readonly prefix: string;
  readonly after: number;
  /** Ends the stream, whether it is open or not. */
  readonly signal: AbortSignal | undefined;
  readonly openWithinMs: number;
  readonly opened: () => void;
}

/** Ends when the connection does; throws the KVError of a refusal. */
export async function* entriesOf(opening: Opening): AsyncGenerator<ArrivedEntry, void, undefined> {
  const life = new Deadline(Number.POSITIVE_INFINITY, opening.signal);
  try {
    const body = await openBody(opening, life);
    opening.opened();
    yield* readEntries(body.getReader(), life);
  } finally {
    life.cancel();
  }
}

async function openBody(opening: Opening, life: Deadline): Promise<ReadableStream<Uint8Array>> {
  const { fetch, headers, endpoint, prefix, after } = opening;
  const query = new URLSearchParams({ prefix, after: String(after) });
  const request = { method: "GET", url: `${endpoint}/watch?${query}`, headers };
  const deadline = new Deadline(opening.openWithinMs, life.signal);
  // The request must live on after it is open, so it is tied to the longer life.
  const opened = open(fetch, request, life);
  const isStream = (response: Response): boolean =>
    response.ok && /^text\/event-stream\b/.test(response.headers.get("content-type") ?? "");
  let stream: Response | undefined;
  const exchange = await exchangeOf(
    opened.then((response) => {
      if (isStream(response)) stream = response;
      return response;
    }),
    deadline,
    (response) => !isStream(response),
  );
  deadline.dispose();
  if (stream?.body) return stream.body;
  const asked = { kind: "read", endpoint, deadline } as const;
  const outcome = answerOf(exchange, asked);
  throw isKVError(outcome) ? outcome : unexpected(`${endpoint} opened no event stream`, asked);
}

/** Gives up on a connection that has been silent for too long. */
async function* readEntries(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  life: Deadline,
): AsyncGenerator<ArrivedEntry, void, undefined> {
  const decoder = new TextDecoder();
  let whole: ArrivedEntry[] = [];
  let part: EventSourceMessage[] = [];
  let over = false;
  const parser = createParser({
    maxBufferSize: eventSizeMax,
    onEvent: (message) => {
      // Says why the stream ends. Asked again, the node gives it as an ordinary answer.
      if (message.event === "failed") over = true;
      if (over) return;
      part.push(message);
      if (message.id === undefined) return;
      whole.push({ messages: part, sequence: Number(message.id) });
      part = [];
    },
    onComment: (comment) => {
      const at = position.exec(comment)?.[1];
      if (at !== undefined && part.length === 0) whole.push({ messages: [], sequence: Number(at) });
    },
    onError: ({ type }) => {
      if (type === "max-buffer-size-exceeded") over = true;
    },
  });
  while (!over) {
    const silence = new Deadline(silenceMsMax, life.signal);
    const chunk = await silence.race(reader.read()).catch(() => undefined);
    silence.dispose();
    if (chunk === undefined || chunk.done) return;
    parser.feed(decoder.decode(chunk.value, { stream: true }));
    const arrived = whole;
    whole = [];
    yield* arrived;
  }
}
