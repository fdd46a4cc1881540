/**
 * A subscriber of `GET /watch` that comes back with the last id it saw whenever it is cut off. It
 * must see every applied operation of its prefix exactly once and in order.
 */
import { setTimeout as wait } from "node:timers/promises";
// A dependency of the simulation: among the root's it would be part of a node's production install.
import { createParser } from "eventsource-parser";
import type { Call } from "../../src/virtual/linearizability/history.ts";
import type { NodeProcess } from "../support/node-process.ts";

interface Seen {
  readonly sequence: number;
  readonly key: string;
  /** JSON text; undefined: deleted. */
  readonly value: string | undefined;
}

export class WatchClient {
  readonly seen: Seen[] = [];
  readonly #node: NodeProcess;
  readonly #prefix: string;
  readonly #stopping = new AbortController();
  readonly #loop: Promise<void>;
  /** The node no longer has what was missed, and said so. */
  #compacted = false;
  #lastId: string;

  /** @param from the sequence that nothing before is wanted of. */
  constructor(node: NodeProcess, prefix: string, from: number) {
    this.#node = node;
    this.#prefix = prefix;
    this.#lastId = String(from);
    this.#loop = this.#live();
  }

  /** Waits until the stream has come as far as this, or ended for good. */
  async until(sequence: number, withinMs: number): Promise<void> {
    const giveUpAt = performance.now() + withinMs;
    while (!this.#compacted && Number(this.#lastId) < sequence && performance.now() < giveUpAt) {
      await wait(20);
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  /** What the stream told wrongly, in plain words. */
  findFaults(history: readonly Call[]): string[] {
    const where = `watch on ${this.#node.id}`;
    const faults: string[] = [];
    const told = new Map<string, Seen>();
    let latest = 0;
    for (const event of this.seen) {
      const name = `${event.sequence} ${event.key}`;
      if (event.sequence < latest || told.has(name)) {
        faults.push(`${where}: ${name} came after ${latest}, or twice`);
      }
      latest = Math.max(latest, event.sequence);
      told.set(name, event);
    }
    for (const call of history) {
      if (call.kind === "read" || call.outcome !== "ok" || this.#compacted) {
        continue;
      }
      const event = told.get(`${call.version} ${call.key}`);
      if (event === undefined || event.value !== call.value) {
        faults.push(`${where}: ${call.key} at ${call.version} was told as ${event?.value}`);
      }
    }
    return faults;
  }

  async #live(): Promise<void> {
    while (!this.#stopping.signal.aborted && !this.#compacted) {
      try {
        await this.#listen();
      } catch {
        // Cut off, refused, or stopped: try again.
      }
      await wait(30);
    }
  }

  async #listen(): Promise<void> {
    // Only the last operation of an entry carries the id; an entry cut in half comes again whole.
    while ((this.seen.at(-1)?.sequence ?? 0) > Number(this.#lastId)) {
      this.seen.pop();
    }
    const response = await fetch(`${this.#node.url}/watch?prefix=${this.#prefix}`, {
      headers: { "last-event-id": this.#lastId },
      signal: this.#stopping.signal,
    });
    if (response.status === 410) {
      this.#compacted = true;
    }
    if (!response.ok || response.body === null) {
      await response.arrayBuffer();
      return;
    }
    const parser = createParser({ onEvent: (event) => this.#take(event) });
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      parser.feed(text);
    }
  }

  #take(event: {
    readonly event?: string | undefined;
    id?: string | undefined;
    data: string;
  }): void {
    if (event.event === "failed") {
      this.#compacted = true;
      return;
    }
    const told = JSON.parse(event.data) as { version: number; key: string; value?: unknown };
    const value = told.value === undefined ? undefined : JSON.stringify(told.value);
    this.seen.push({ sequence: told.version, key: told.key, value });
    this.#lastId = event.id ?? this.#lastId;
  }
}
