/** Where nobody writes there is nothing to watch: an offer of a little load, and its way out. */
import { useThrottled } from "../lib/throttled.ts";
import { delayRange } from "../lib/units.ts";
import { announce } from "../state/announcer.ts";
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

const quietForMs = 60_000;

export function GentleOffer() {
  useThrottled(tick, 1);
  if (gentleLoadRuns.value) return <Running />;
  // Where faults may be set on purpose, as under `npm start`, writes may be too.
  const isPlayground = faultsAllowed.value && connection.value === "live";
  const isKnown = cluster.value !== undefined && runningSweep.value === null;
  if (!isPlayground || !isKnown || !gentleOffers.value || isBusy()) return null;
  return (
    <section class="notice-bar" aria-label="Gentle load">
      <p>
        <strong>Nobody writes at the moment.</strong> Let this tab write {gentle.writesPerSecond}{" "}
        values a second, {delaysInWords()}, and watch them travel.
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

function isBusy(): boolean {
  const last = model.traces.ring.at(-1);
  return last !== undefined && leaderNow() - last.at < quietForMs;
}

function delaysInWords(): string {
  const settings = config.value;
  if (settings === undefined || settings.maxDelay === 0) {
    return `with a simulated delay of ${delayRange(gentle.minDelay, gentle.maxDelay)}`;
  }
  return `with the delay in force, ${delayRange(settings.minDelay, settings.maxDelay)}`;
}

function Running() {
  return (
    <section class="notice-bar" aria-label="Gentle load">
      <p>
        <strong>Gentle load:</strong> this tab writes {gentle.writesPerSecond} values a second to
        keys under “demo/”. Stopping restores the delay of before.
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
