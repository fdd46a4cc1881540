/**
 * This tab's event streams. They come from a worker that all tabs of the browser share; where the
 * browser has no such worker, or does not start it, from this page itself. A tab that is hidden for a
 * few seconds gives its streams back and takes them again when it is shown.
 */
import {
  type FromHub,
  type HubPort,
  type Source,
  StreamHub,
  type StreamState,
  type ToHub,
  type Told,
  type Wish,
} from "./stream-hub.ts";

export interface StreamEvents {
  state(state: StreamState): void;
  told(event: Told): void;
}

interface Open {
  readonly wish: Wish;
  readonly events: StreamEvents;
}

/** How long a tab may be hidden before it gives its streams back. */
const hiddenMsMax = 3000;
/** How long the worker may take to start. */
const welcomeMsMax = 5000;

const open = new Map<number, Open>();
let lastId = 0;
let port: MessagePort | undefined;
let released = false;
let hiddenTimer: ReturnType<typeof setTimeout> | undefined;

/** Opens a stream; the returned function closes it. */
export function openStream(wish: Wish, events: StreamEvents): () => void {
  lastId += 1;
  const id = lastId;
  open.set(id, { wish, events });
  events.state("connecting");
  if (!released) say({ type: "open", id, wish });
  return () => {
    if (open.delete(id)) say({ type: "close", id });
  };
}

function say(message: ToHub): void {
  port ??= portToWorker() ?? portToPage();
  port.postMessage(message);
}

function listenTo(made: MessagePort, welcomed: () => void = () => {}): MessagePort {
  made.addEventListener("message", ({ data }: MessageEvent<FromHub>) => {
    if (made !== port) return;
    if (data.type === "welcome") return welcomed();
    const events = released ? undefined : open.get(data.id)?.events;
    if (data.type === "state") events?.state(data.state);
    else for (const event of data.events) events?.told(event);
  });
  made.start();
  return made;
}

function portToWorker(): MessagePort | undefined {
  if (typeof SharedWorker === "undefined") return undefined;
  try {
    const worker = new SharedWorker(new URL("./stream-worker.ts", import.meta.url), {
      type: "module",
      name: "Quorum KV event streams",
    });
    const giveUp = () => {
      clearTimeout(timer);
      if (port === worker.port) moveToPage(worker.port);
    };
    const timer = setTimeout(giveUp, welcomeMsMax);
    worker.addEventListener("error", giveUp);
    return listenTo(worker.port, () => clearTimeout(timer));
  } catch {
    return undefined;
  }
}

function portToPage(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  const hub = new StreamHub((address) => new EventSource(address) as unknown as Source);
  const made = listenTo(port1);
  hub.join(port2 as unknown as HubPort);
  port2.start();
  return made;
}

function moveToPage(former: MessagePort): void {
  former.postMessage({ type: "bye" } satisfies ToHub);
  port = portToPage();
  if (!released) openAll();
}

function openAll(): void {
  for (const [id, { wish }] of open) say({ type: "open", id, wish });
}

function release(): void {
  if (released) return;
  if (port !== undefined) say({ type: "bye" });
  released = true;
  for (const { events } of open.values()) events.state("connecting");
}

function resume(): void {
  clearTimeout(hiddenTimer);
  if (!released) return;
  released = false;
  openAll();
}

export function followVisibility(): void {
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiddenTimer);
    if (document.hidden) hiddenTimer = setTimeout(release, hiddenMsMax);
    else resume();
  });
  // A page that is left may be kept for "back"; it must not keep its streams.
  addEventListener("pagehide", release);
  addEventListener("pageshow", (event) => {
    if (event.persisted) resume();
  });
}
