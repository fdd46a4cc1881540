/**
 * A little load from this tab, with delays that an eye can follow, for whoever has started a cluster
 * and wants to see it at work. It ends by itself, and gives the delays back.
 */
import { signal } from "@preact/signals";
import { addressOf } from "../api/http.ts";
import type { LiveConfig } from "../api/wire.ts";
import { config, leaderId } from "./live.ts";
import { changeConfig } from "./settings.ts";
import { send } from "./writing.ts";

export const gentle = { writesPerSecond: 2, minDelay: 0, maxDelay: 400 } as const;
const lastsMs = 10 * 60_000;
const keysUsed = 12;
/** Writes that may wait for their answers; beyond that the load rests. */
const waitingMax = 20;

export const gentleLoadRuns = signal(false);

type Delays = Pick<LiveConfig, "minDelay" | "maxDelay">;

let timer: ReturnType<typeof setInterval> | undefined;
/** What the delays were; undefined: this load has not changed them. */
let owed: Delays | undefined;
let waiting = 0;

export async function startGentleLoad(): Promise<void> {
  if (gentleLoadRuns.value) return;
  gentleLoadRuns.value = true;
  const settings = config.value;
  if (settings?.maxDelay === 0) {
    const { minDelay, maxDelay } = settings;
    const refusal = await changeConfig({ minDelay: gentle.minDelay, maxDelay: gentle.maxDelay });
    if (refusal === undefined) owed = { minDelay, maxDelay };
  }
  const endsAt = performance.now() + lastsMs;
  let number = 0;
  const write = async () => {
    if (performance.now() > endsAt) return stopGentleLoad();
    if (waiting >= waitingMax) return;
    number += 1;
    waiting += 1;
    const key = `demo/${String(number % keysUsed).padStart(2, "0")}`;
    await send({ action: "put", key, value: `{"number":${number}}`, target: leaderId.value });
    waiting -= 1;
  };
  if (!gentleLoadRuns.value) return;
  timer = setInterval(() => void write(), 1000 / gentle.writesPerSecond);
  addEventListener("pagehide", giveBackAtOnce);
}

export async function stopGentleLoad(): Promise<void> {
  clearInterval(timer);
  removeEventListener("pagehide", giveBackAtOnce);
  gentleLoadRuns.value = false;
  const change = debt();
  if (change !== undefined) await changeConfig(change);
}

/** What must be set back; nothing where somebody has chosen other delays meanwhile. */
function debt(): Delays | undefined {
  const { value: now } = config;
  const change = owed;
  owed = undefined;
  const isOurs = now?.minDelay === gentle.minDelay && now.maxDelay === gentle.maxDelay;
  return isOurs ? change : undefined;
}

/** The page goes away: no answer can be waited for. */
function giveBackAtOnce(): void {
  const change = debt();
  clearInterval(timer);
  gentleLoadRuns.value = false;
  if (change === undefined) return;
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify(change);
  void fetch(addressOf("/config", leaderId.value), {
    ...{ method: "PATCH", body, headers, keepalive: true },
  });
}
