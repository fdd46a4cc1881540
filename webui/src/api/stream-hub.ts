/**
 * Event streams that many tabs share. A browser opens six connections to a node over HTTP/1.1 and an
 * event stream holds one of them, so the hub opens each address once for all tabs. A tab that joins
 * late gets what the stream has brought since it was opened. The hub runs in a shared worker, or in
 * the page itself where the browser has no such worker.
 */
import {
  SharedStream,
  type Source,
  type StreamListener,
  type StreamMessage,
  type StreamRequest,
} from "./shared-stream.ts";

/** What a tab says. It numbers its own streams; `bye` closes all of them. */
export type ToHub =
  | { readonly type: "open"; readonly id: number; readonly request: StreamRequest }
  | { readonly type: "close"; readonly id: number }
  | { readonly type: "bye" };

/** What a tab gets: a welcome when the hub runs, then messages of its streams, by their numbers. */
export type FromHub = { readonly type: "welcome" } | (StreamMessage & { readonly id: number });

/** The part of `MessagePort` that the hub needs. */
export interface HubPort {
  postMessage(message: FromHub): void;
  addEventListener(type: "message", listener: (event: { data: ToHub }) => void): void;
  addEventListener(type: "close", listener: () => void): void;
}

export class StreamHub {
  readonly #open: (address: string) => Source;
  readonly #streams = new Map<string, SharedStream>();

  constructor(open: (address: string) => Source) {
    this.#open = open;
  }

  /** Serves a tab until it says `bye` or its port closes. */
  join(port: HubPort): void {
    const leaves = new Map<number, () => void>();
    const leave = (id: number) => {
      leaves.get(id)?.();
      leaves.delete(id);
    };
    const leaveAll = () => {
      for (const id of [...leaves.keys()]) leave(id);
    };
    port.addEventListener("message", ({ data }) => {
      switch (data.type) {
        case "open": {
          const { id, request } = data;
          leave(id);
          const listener: StreamListener = (message) => port.postMessage({ ...message, id });
          leaves.set(id, this.#listen(request, listener));
          return;
        }
        case "close":
          leave(data.id);
          return;
        case "bye":
          leaveAll();
          return;
      }
    });
    // A tab that crashes does not say `bye`; some browsers close its port.
    port.addEventListener("close", leaveAll);
    port.postMessage({ type: "welcome" });
  }

  #listen(request: StreamRequest, listener: StreamListener): () => void {
    const { address } = request;
    const stream = this.#streams.get(address) ?? new SharedStream(request, this.#open);
    this.#streams.set(address, stream);
    stream.add(listener);
    return () => {
      if (stream.remove(listener) > 0) return;
      stream.close();
      this.#streams.delete(address);
    };
  }
}
