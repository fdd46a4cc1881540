/**
 * Bars below the header that say why the page does not show what one would expect: no leader, no
 * connection, or the delays of a sweep.
 */

import { count, delayRange, plural } from "../lib/units.ts";
import { webAddress } from "../lib/web-address.ts";
import { cluster, connection, isLeaderless, leaderId, own, runningSweep } from "../state/live.ts";
import { route } from "../state/route.ts";
import { RouteLink } from "../ui/route-link.tsx";

/** Shown while the page does not have the leader's own report; read out at once. */
export function Banner() {
  switch (connection.value) {
    case "leader down":
      return isLeaderless.value ? (
        <div class="banner" role="alert">
          <strong>No leader is known.</strong> The live nodes elect one if they are enough. Until
          then nothing is written, and reads show what {own.value?.node} has.
        </div>
      ) : (
        <div class="banner" role="alert">
          <strong>{leaderId.value || "The leader"} does not answer.</strong> This page shows only
          what {own.value?.node} reports. Reads still work; writes need the leader.
        </div>
      );
    case "reconnecting":
      return (
        <div class="banner" role="alert">
          <strong>{own.value?.node} does not answer.</strong> This page shows the last known state
          and keeps trying to reconnect. <OtherPage />
        </div>
      );
    case "live":
    case "connecting":
      return null;
  }
}

/** A node that does not answer cannot pass anything on; the page of another one can. */
function OtherPage() {
  const known = cluster.value?.nodes ?? [];
  const others = known.filter(
    ({ id, url }) => id !== own.value?.node && webAddress(url) !== undefined,
  );
  const other = others.find(({ state }) => state === "live") ?? others[0];
  if (other === undefined) return null;
  return <a href={other.url + location.search}>Open the page of {other.id}</a>;
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
