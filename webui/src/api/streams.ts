/**
 * This tab's event streams. They come from a worker that all tabs of the browser share; where the
 * browser has no such worker, or does not start it, from the page itself. A tab that is hidden for a
 * few seconds releases its streams and opens them again when it is shown.
 */
import { pathTo } from "./place.ts";
import type { Source, StreamEvent, StreamRequest, StreamState } from "./shared-stream.ts";
import { type FromHub, type HubPort, StreamHub, type ToHub } from "./stream-hub.ts";

interface StreamHandlers {
  state(state: StreamState): void;
  event(event: StreamEvent): void;
}

interface OpenStream {
  readonly request: StreamRequest;
  readonly handlers: StreamHandlers;
}

/** How long a tab may be hidden before it releases its streams. */
const hiddenMsMax = 3000;
/** A worker that takes longer to start is not used. */
const welcomeMsMax = 5000;

const open = new Map<number, OpenStream>();
let lastId = 0;
/** To the worker's hub, or to one in this page. */
let port: MessagePort | undefined;
/** Whether the streams are released because the tab is hidden or left. */
let released = false;
let hiddenTimer: ReturnType<typeof setTimeout> | undefined;

/** Opens a stream that reconnects by itself; the returned function closes it. */
export function openStream(asked: StreamRequest, handlers: StreamHandlers): () => void {
  lastId += 1;
  const id = lastId;
  const request = { ...asked, address: pathTo(asked.address) };
  open.set(id, { request, handlers });
  handlers.state("connecting");
  if (!released) say({ type: "open", id, request });
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
    const handlers = released ? undefined : open.get(data.id)?.handlers;
    if (data.type === "state") handlers?.state(data.state);
    else for (const event of data.events) handlers?.event(event);
  });
  made.start();
  return made;
}

/** Undefined where the browser has no shared workers. */
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

/** A worker that fails or does not start is replaced by a hub in this page. */
function moveToPage(former: MessagePort): void {
  former.postMessage({ type: "bye" } satisfies ToHub);
  port = portToPage();
  if (!released) openAll();
}

function openAll(): void {
  for (const [id, { request }] of open) say({ type: "open", id, request });
}

function release(): void {
  if (released) return;
  if (port !== undefined) say({ type: "bye" });
  released = true;
  for (const { handlers } of open.values()) handlers.state("connecting");
}

function resume(): void {
  clearTimeout(hiddenTimer);
  if (!released) return;
  released = false;
  openAll();
}

/** Releases and resumes the streams as the tab is hidden and shown. Called once. */
export function followVisibility(): void {
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiddenTimer);
    if (document.hidden) hiddenTimer = setTimeout(release, hiddenMsMax);
    else resume();
  });
  // The browser may keep a page for "back" after it is left; such a page must not keep its streams.
  addEventListener("pagehide", release);
  addEventListener("pageshow", (event) => {
    if (event.persisted) resume();
  });
}
