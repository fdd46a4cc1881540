import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Source, StreamRequest } from "./shared-stream.ts";
import { type FromHub, StreamHub, type ToHub } from "./stream-hub.ts";

/** An event source that the test drives. */
class HandSource implements Source {
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  closed = false;
  readonly address: string;
  readonly #listeners = new Map<string, (message: { data: string }) => void>();
  constructor(address: string) {
    this.address = address;
  }
  addEventListener(name: string, listener: (message: { data: string }) => void): void {
    this.#listeners.set(name, listener);
  }
  tell(name: string, data: string): void {
    this.#listeners.get(name)?.({ data });
  }
  close(): void {
    this.closed = true;
  }
}

class Tab {
  readonly heard: FromHub[] = [];
  readonly #listeners = { message: (_: { data: ToHub }) => {}, close: () => {} };
  postMessage(message: FromHub): void {
    this.heard.push(message);
  }
  addEventListener(type: "message" | "close", listener: (event: { data: ToHub }) => void): void {
    this.#listeners[type] = listener as () => void;
  }
  say(data: ToHub): void {
    this.#listeners.message({ data });
  }
  crash(): void {
    this.#listeners.close();
  }
  get events(): readonly string[] {
    return this.heard.flatMap((message) =>
      message.type === "events" ? message.events.map(([name, data]) => `${name} ${data}`) : [],
    );
  }
  get states(): readonly string[] {
    return this.heard.flatMap((message) => (message.type === "state" ? [message.state] : []));
  }
}

const request: StreamRequest = {
  address: "/events",
  names: ["hello", "config", "write"],
  kept: ["hello", "config"],
  quietMsMax: 5000,
};

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function world() {
  const sources: HandSource[] = [];
  const hub = new StreamHub((address) => {
    const source = new HandSource(address);
    sources.push(source);
    return source;
  });
  const join = () => {
    const tab = new Tab();
    hub.join(tab);
    return tab;
  };
  const open = (tab: Tab, change: Partial<StreamRequest> = {}) =>
    tab.say({ type: "open", id: 1, request: { ...request, ...change } });
  const newest = () => {
    const source = sources.at(-1);
    if (source === undefined) throw new Error("nothing was opened");
    return source;
  };
  return { sources, join, open, newest };
}

test("eight tabs share one connection, and the last one that leaves closes it", () => {
  const { sources, join, open, newest } = world();
  const tabs = Array.from({ length: 8 }, join);
  for (const tab of tabs) open(tab);
  newest().onopen?.();
  newest().tell("write", "1");
  expect(sources).toHaveLength(1);
  for (const tab of tabs) expect(tab.events).toEqual(["write 1"]);
  for (const tab of tabs.slice(0, 3)) tab.say({ type: "close", id: 1 });
  for (const tab of tabs.slice(3, 6)) tab.say({ type: "bye" });
  for (const tab of tabs.slice(6, 7)) tab.crash();
  expect(newest().closed).toBe(false);
  tabs.at(-1)?.say({ type: "bye" });
  expect(newest().closed).toBe(true);
  open(join());
  expect(sources).toHaveLength(2);
});

test("a tab that comes late hears what the stream has brought so far", () => {
  const { join, open, newest } = world();
  const [first, late] = [join(), join()];
  open(first);
  newest().onopen?.();
  for (const [name, data] of [
    ["hello", "a"],
    ["write", "1"],
  ] as const)
    newest().tell(name, data);
  open(late);
  newest().tell("write", "2");
  expect(late.states).toEqual(["live"]);
  expect(late.events).toEqual(["hello a", "write 1", "write 2"]);
});

test("memory stays bounded, and the greeting and the newest settings stay known", () => {
  const { join, open, newest } = world();
  open(join());
  newest().onopen?.();
  newest().tell("hello", "a");
  for (const data of ["old", "new"]) newest().tell("config", data);
  for (let number = 0; number < 20_000; number++) newest().tell("write", String(number));
  const late = join();
  open(late);
  expect(late.events.slice(0, 2)).toEqual(["hello a", "config new"]);
  expect(late.events.length).toBeLessThanOrEqual(6002);
  expect(late.events.at(-1)).toBe("write 19999");
  const large = "x".repeat(100_000);
  for (let number = 0; number < 100; number++) newest().tell("write", large);
  const later = join();
  open(later);
  expect(later.events.join("").length).toBeLessThan(2_200_000);
});

test("a stream that breaks comes back after a pause that grows, and begins anew", () => {
  const { sources, join, open, newest } = world();
  const tab = join();
  open(tab);
  newest().onopen?.();
  newest().tell("hello", "a");
  newest().onerror?.();
  expect(tab.states).toEqual(["connecting", "live", "down"]);
  vi.advanceTimersByTime(250);
  newest().onerror?.();
  vi.advanceTimersByTime(499);
  expect(sources).toHaveLength(2);
  vi.advanceTimersByTime(1);
  expect(sources).toHaveLength(3);
  newest().onopen?.();
  newest().tell("hello", "b");
  const late = join();
  open(late);
  expect(late.events).toEqual(["hello b"]);
});

test("a stream that falls silent counts as lost, unless it may be silent", () => {
  const { join, open, newest } = world();
  const [tab, patient] = [join(), join()];
  open(tab);
  newest().onopen?.();
  vi.advanceTimersByTime(4999);
  newest().tell("write", "1");
  vi.advanceTimersByTime(4999);
  expect(tab.states.at(-1)).toBe("live");
  vi.advanceTimersByTime(1);
  expect(tab.states.at(-1)).toBe("down");
  tab.say({ type: "bye" });
  open(patient, { address: "/sweeps/1/events", quietMsMax: 0 });
  newest().onopen?.();
  vi.advanceTimersByTime(60_000);
  expect(patient.states.at(-1)).toBe("live");
});
