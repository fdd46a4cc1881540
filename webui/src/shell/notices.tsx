/**
 * Bars below the header that say why the page does not show what one would expect: no leader, no
 * connection, or the delays of a sweep.
 */
import { count, delayRange, plural } from "../lib/units.ts";
import { connection, leaderId, own, runningSweep } from "../state/live.ts";
import { route } from "../state/route.ts";
import { RouteLink } from "../ui/route-link.tsx";

/** Shown while the page does not have the leader's own report; read out at once. */
export function Banner() {
  switch (connection.value) {
    case "leader down":
      return (
        <div class="banner" role="alert">
          <strong>{leaderId.value || "The leader"} does not answer.</strong> This page shows only
          what {own.value?.node} reports. Reads still work; writes need the leader.
        </div>
      );
    case "reconnecting":
      return (
        <div class="banner" role="alert">
          <strong>{own.value?.node} does not answer.</strong> This page shows the last known state
          and keeps trying to reconnect.
        </div>
      );
    case "live":
    case "connecting":
      return null;
  }
}

/** Explains the delays to everybody who looks at another view while a sweep runs. */
export function SweepNotice() {
  const sweep = runningSweep.value;
  if (sweep === null || route.value.view === "sweep") return null;
  const { options, progress } = sweep;
  return (
    <section class="notice-bar" aria-label="Running sweep">
      <p>
        <strong>A quorum sweep is running:</strong> quorum {progress.quorum},{" "}
        {count(progress.writesDone)} of {plural(progress.writesTotal, "write")}. Until it ends,
        every write is delayed by {delayRange(options.minDelay, options.maxDelay)}.
      </p>
      <RouteLink to={{ view: "sweep", sweep: sweep.id }}>Watch it</RouteLink>
    </section>
  );
}
