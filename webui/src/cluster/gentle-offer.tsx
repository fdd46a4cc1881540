/**
 * Offers a gentle load on a cluster that nobody writes to, so that there is something to watch, and says
 * while it runs how to stop it.
 */
import { useThrottled } from "../lib/hooks.ts";
import { delayRange } from "../lib/units.ts";
import { announce } from "../state/feed.ts";
import { gentle, gentleLoadRuns, startGentleLoad, stopGentleLoad } from "../state/gentle-load.ts";
import {
  cluster,
  config,
  connection,
  faultsAllowed,
  leaderNow,
  model,
  runningSweep,
  tick,
} from "../state/live.ts";
import { gentleOffers } from "../state/preferences.ts";
import { mayAdminister } from "../state/session.ts";

/** Without a write for so long, a cluster counts as idle. */
const quietForMs = 60_000;

/** Nothing while a sweep runs, or once the offer was declined. */
export function GentleOffer() {
  useThrottled(tick, 1);
  if (gentleLoadRuns.value) return <Running />;
  // A cluster that allows link faults, as `npm start` does, is there to be tried out.
  const isPlayground = faultsAllowed.value && mayAdminister.value && connection.value === "live";
  const isKnown = cluster.value !== undefined && runningSweep.value === null;
  if (!isPlayground || !isKnown || !gentleOffers.value || isBusy()) return null;
  return (
    <section class="notice-bar" aria-label="Gentle load">
      <p>
        <strong>No writes at the moment.</strong> This tab can write {gentle.writesPerSecond} values
        a second, {delaysInWords()}, so that you can watch them.
      </p>
      <span class="button-row">
        <button type="button" class="primary" onClick={() => void start()}>
          Start gentle load
        </button>
        <button
          type="button"
          class="quiet"
          onClick={() => {
            gentleOffers.value = false;
          }}
        >
          Not now
        </button>
      </span>
    </section>
  );
}

async function start(): Promise<void> {
  announce("Gentle load started");
  await startGentleLoad();
}

/** Whether anybody has written within the last minute. */
function isBusy(): boolean {
  const last = model.traces.ring.at(-1);
  return last !== undefined && leaderNow() - last.at < quietForMs;
}

/** With which delays the load would run: those it sets, or those in force. */
function delaysInWords(): string {
  const settings = config.value;
  if (settings === undefined || settings.maxDelay === 0) {
    return `with a simulated delay of ${delayRange(gentle.minDelay, gentle.maxDelay)}`;
  }
  return `with the delay in force, ${delayRange(settings.minDelay, settings.maxDelay)}`;
}

/** Stays on every visit of the view until the load ends or is stopped. */
function Running() {
  return (
    <section class="notice-bar" aria-label="Gentle load">
      <p>
        <strong>Gentle load:</strong> this tab writes {gentle.writesPerSecond} values a second to
        keys under “demo/”. Stopping it restores the previous delay.
      </p>
      <button
        type="button"
        onClick={() => {
          announce("Gentle load stopped");
          void stopGentleLoad();
        }}
      >
        Stop
      </button>
    </section>
  );
}
