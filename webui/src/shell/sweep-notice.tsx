/** Whoever looks at the cluster while a sweep runs is told why delays are not what they were. */
import { count, delayRange, plural } from "../lib/units.ts";
import { runningSweep } from "../state/live.ts";
import { addressFor, blankRoute, go, route } from "../state/route.ts";

export function SweepNotice() {
  const sweep = runningSweep.value;
  if (sweep === null || route.value.view === "sweep") return null;
  const { options, progress } = sweep;
  return (
    <section class="notice-bar" aria-label="Running sweep">
      <p>
        <strong>A quorum sweep is running:</strong> quorum {progress.quorum},{" "}
        {count(progress.writesDone)} of {plural(progress.writesTotal, "write")}. Until it ends,
        every write meets its delays, {delayRange(options.minDelay, options.maxDelay)}.
      </p>
      <a
        href={addressFor({ ...blankRoute, view: "sweep", sweep: sweep.id })}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          go({ view: "sweep", sweep: sweep.id });
        }}
      >
        Watch it
      </a>
    </section>
  );
}
