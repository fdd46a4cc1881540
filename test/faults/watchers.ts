/**
 * Readers of the followers. What a follower shows is a prefix of the one history, possibly old: it
 * never goes back while its disk lives, and holds every acknowledged write up to its sequence.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { NodeStatus } from "../../src/node/api.ts";
import type { Call } from "../../src/virtual/linearizability/history.ts";
import type { HttpClient } from "../support/http-client.ts";
import type { NodeProcess } from "../support/node-process.ts";

interface Page {
  readonly node: string;
  readonly sequence: number;
  readonly entries: ReadonlyMap<string, { readonly value: string; readonly version: number }>;
}

export class Watchers {
  readonly pages: Page[] = [];
  readonly offences: string[] = [];
  readonly #client: HttpClient;
  readonly #stopping = new AbortController();
  /** The newest sequence each node has shown since it last lost its disk. */
  readonly #newest = new Map<string, { sequence: number }>();
  readonly #loops: Promise<void>[] = [];
  readonly #prefix: string;
  /** Any node may lead: only what it shows as a follower is a page. */
  readonly #electing: boolean;

  constructor(client: HttpClient, prefix: string, { electing }: { readonly electing: boolean }) {
    this.#client = client;
    this.#prefix = prefix;
    this.#electing = electing;
  }

  watch(node: NodeProcess): void {
    this.#loops.push(this.#live(node));
  }

  /** The node lost its disk: what it shows from now on may be older. */
  forgive(id: string): void {
    this.#newest.delete(id);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#loops);
  }

  async #live(node: NodeProcess): Promise<void> {
    let before = await this.#followedEpoch(node);
    while (!this.#stopping.signal.aborted) {
      const path = `/read?prefix=${this.#prefix}&limit=1000`;
      const newest = this.#newest.get(node.id) ?? { sequence: 0 };
      this.#newest.set(node.id, newest);
      const floor = newest.sequence;
      const reply = await this.#client.ask(node.url, { method: "GET", path, timeoutMs: 3000 });
      const after = await this.#followedEpoch(node);
      // No node leads and follows in one epoch.
      const follows = before !== undefined && before === after;
      before = after;
      if (!follows) {
        await wait(60);
        continue;
      }
      if (reply.type === "answer" && reply.status === 200) {
        newest.sequence = this.#note(node.id, floor, reply.body);
      } else if (reply.type === "answer" && reply.status !== 503) {
        this.offences.push(`${node.id}: list: ${reply.status} ${JSON.stringify(reply.body)}`);
      }
      await wait(60);
    }
  }

  /** The epoch in which the node follows now; undefined: it does not, or did not answer. */
  async #followedEpoch(node: NodeProcess): Promise<number | undefined> {
    if (!this.#electing) {
      return 0;
    }
    const question = { method: "GET", path: "/status", timeoutMs: 3000 } as const;
    const reply = await this.#client.ask(node.url, question);
    if (reply.type !== "answer" || reply.status !== 200) {
      return undefined;
    }
    const { role, epoch } = reply.body as unknown as NodeStatus;
    return role === "follower" ? epoch : undefined;
  }

  #note(node: string, floor: number, body: Readonly<Record<string, unknown>> | undefined): number {
    const page = body as unknown as {
      readonly sequence: number;
      readonly entries: readonly { key: string; value: unknown; version: number }[];
    };
    const lost = this.#newest.get(node)?.sequence !== floor;
    if (page.sequence < floor && !lost) {
      this.offences.push(`${node} went back from sequence ${floor} to ${page.sequence}`);
    }
    const entries = new Map(
      page.entries.map(({ key, value, version }) => [
        key,
        { value: JSON.stringify(value), version },
      ]),
    );
    this.pages.push({ node, sequence: page.sequence, entries });
    return page.sequence;
  }
}

/** Pages that are no prefix of the history, in plain words. */
export function findBrokenPrefixes(pages: readonly Page[], history: readonly Call[]): string[] {
  const writes = Map.groupBy(
    history.filter(({ kind }) => kind !== "read"),
    ({ key }) => key,
  );
  return [...writes].flatMap(([key, calls]) => {
    const acknowledged = calls
      .filter((call) => call.outcome === "ok" && call.version !== undefined)
      .sort((a, b) => (a.version ?? 0) - (b.version ?? 0));
    const possible = calls.filter((call) => call.outcome === "unknown");
    return pages.flatMap((page) => {
      const newest = acknowledged.findLast((call) => (call.version ?? 0) <= page.sequence);
      const fault = compare({ page, key, newest, possible });
      return fault === undefined ? [] : [fault];
    });
  });
}

function compare(seen: {
  readonly page: Page;
  readonly key: string;
  /** The newest acknowledged write up to the page's sequence. */
  readonly newest: Call | undefined;
  /** Writes that may or may not have happened. */
  readonly possible: readonly Call[];
}): string | undefined {
  const { page, key, newest, possible } = seen;
  const entry = page.entries.get(key);
  const where = `${page.node} at sequence ${page.sequence}, key ${key}`;
  if (entry !== undefined && entry.version > page.sequence) {
    return `${where}: shows version ${entry.version}, which lies beyond`;
  }
  const expected = newest?.kind === "put" ? newest.value : undefined;
  const same =
    entry?.value === expected && (entry === undefined || entry.version === newest?.version);
  const floor = newest?.version ?? 0;
  const explained = possible.some((call) =>
    entry === undefined
      ? call.kind === "delete"
      : call.kind === "put" && call.value === entry.value && entry.version > floor,
  );
  if (same || explained) {
    return undefined;
  }
  const shown = entry === undefined ? "nothing" : `${entry.value} at version ${entry.version}`;
  return `${where}: shows ${shown} instead of ${expected ?? "nothing"} at version ${floor}`;
}
