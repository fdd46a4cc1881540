/**
 * A small load from this tab, with delays long enough to watch, for somebody who has started a cluster
 * and wants to see it work. It ends after ten minutes and restores the delays.
 */
import { signal } from "@preact/signals";
import { addressOf } from "../api/http.ts";
import { pathTo } from "../api/place.ts";
import type { LiveConfig } from "../api/wire.ts";
import { changeConfig, config, theLeader } from "./live.ts";
import { send } from "./writing.ts";

export const gentle = { writesPerSecond: 2, minDelay: 0, maxDelay: 400 } as const;
const lastsMs = 10 * 60_000;
/** Written in turn, so that the load fills no store. */
const keysUsed = 12;
/** While so many writes wait for their answers, no further one is sent. */
const waitingMax = 20;

export const gentleLoadRuns = signal(false);

type Delays = Pick<LiveConfig, "minDelay" | "maxDelay">;

let timer: ReturnType<typeof setInterval> | undefined;
/** The delays before this load changed them; undefined: it has not changed them. */
let former: Delays | undefined;
let waiting = 0;

/** Where no delay is simulated, this sets one for the whole cluster first. */
export async function startGentleLoad(): Promise<void> {
  if (gentleLoadRuns.value) return;
  gentleLoadRuns.value = true;
  const settings = config.value;
  if (settings?.maxDelay === 0) {
    const { minDelay, maxDelay } = settings;
    const refusal = await changeConfig({ minDelay: gentle.minDelay, maxDelay: gentle.maxDelay });
    if (refusal === undefined) former = { minDelay, maxDelay };
  }
  const endsAt = performance.now() + lastsMs;
  let number = 0;
  const write = async () => {
    if (performance.now() > endsAt) return stopGentleLoad();
    if (waiting >= waitingMax) return;
    number += 1;
    waiting += 1;
    const key = `demo/${String(number % keysUsed).padStart(2, "0")}`;
    await send({ action: "put", key, value: `{"number":${number}}`, target: theLeader });
    waiting -= 1;
  };
  if (!gentleLoadRuns.value) return;
  timer = setInterval(() => void write(), 1000 / gentle.writesPerSecond);
  addEventListener("pagehide", restoreAtOnce);
}

/** Resolves once the former delays are in force again. */
export async function stopGentleLoad(): Promise<void> {
  clearInterval(timer);
  removeEventListener("pagehide", restoreAtOnce);
  gentleLoadRuns.value = false;
  const change = delaysToRestore();
  if (change !== undefined) await changeConfig(change);
}

/** Undefined where nothing was changed, or somebody has set other delays in the meantime. */
function delaysToRestore(): Delays | undefined {
  const { value: now } = config;
  const change = former;
  former = undefined;
  const isOurs = now?.minDelay === gentle.minDelay && now.maxDelay === gentle.maxDelay;
  return isOurs ? change : undefined;
}

/** For a page that is being closed, which cannot wait for an answer. */
function restoreAtOnce(): void {
  const change = delaysToRestore();
  clearInterval(timer);
  gentleLoadRuns.value = false;
  if (change === undefined) return;
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify(change);
  const address = addressOf("/config", theLeader);
  void fetch(pathTo(address), { method: "PATCH", body, headers, keepalive: true });
}
