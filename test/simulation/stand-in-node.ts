/** A node of canned answers, for what a real one must never say: differing pages, wrong digests. */

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ListedKey } from "../../simulation/compare/merge.ts";

export interface StandIn {
  readonly id: string;
  readonly url: string;
  /** How often each path was asked for. */
  readonly asked: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export interface StandInStore {
  readonly id: string;
  readonly keys: readonly ListedKey[];
  readonly digest: string;
  readonly applied?: number;
}

/** Pages are short, so that paging is used. */
const pageKeys = 3;

export async function startStandIn(store: StandInStore): Promise<StandIn> {
  const asked = new Map<string, number>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://node");
    asked.set(url.pathname, (asked.get(url.pathname) ?? 0) + 1);
    answer({ request, response, url }, store);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    id: store.id,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: async () => {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
}

function answer({ response, url }: Exchange, store: StandInStore): void {
  const sendText = (status: number, text: string) => {
    const headers = { "content-type": "application/json", "x-kv-node": store.id };
    response.writeHead(status, headers).end(text);
  };
  const send = (status: number, body: unknown) => sendText(status, JSON.stringify(body));
  const applied = store.applied ?? 9;
  if (url.pathname === "/status") {
    const config = { writeQuorum: 1, minDelay: 0, maxDelay: 0, followerDelays: {}, timeout: 5000 };
    const role = store.id === "leader" ? "leader" : "follower";
    const { id, digest } = store;
    const marks = { committed: applied, applied, digest, keys: store.keys.length };
    send(200, { id, role, leader: "leader", epoch: 1, ...marks, config });
    return;
  }
  // As a node does: the value is its text.
  const shown = ({ key, version, text }: ListedKey) =>
    `{"key":${JSON.stringify(key)},"value":${text},"version":${version}}`;
  const key = url.searchParams.get("key");
  if (key !== null) {
    const found = store.keys.find((listed) => listed.key === key);
    if (found === undefined) send(404, { code: "KEY_NOT_FOUND", detail: "no such key" });
    else sendText(200, shown(found));
    return;
  }
  const after = url.searchParams.get("after");
  const start = after === null ? 0 : store.keys.findIndex((listed) => listed.key === after) + 1;
  const page = store.keys.slice(start, start + pageKeys);
  const next = start + pageKeys < store.keys.length ? page.at(-1)?.key : null;
  const rest = `"next":${JSON.stringify(next ?? null)},"sequence":${applied}`;
  sendText(200, `{"entries":[${page.map(shown).join()}],${rest}}`);
}
