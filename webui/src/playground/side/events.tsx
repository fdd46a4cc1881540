/** The events about the one that is shown, in words. A click goes to the event. */
import { Scroller } from "../../ui/panel.tsx";
import { firstAbove } from "../model/scale.ts";
import { inMs } from "../model/words.ts";
import { useFollowed } from "../parts/followed.ts";
import { goTo, pause } from "../state/clock.ts";
import { index, recording, stops } from "../state/recorded.ts";

/** Before and after the present one. More would slow the page down, and nobody reads them. */
const shownBefore = 60;
const shownAfter = 60;

export function Events() {
  const here = firstAbove(stops.value, index.value) - 1;
  const shown = stops.value.slice(Math.max(0, here - shownBefore), here + shownAfter);
  const current = stops.value[here];
  const now = useFollowed(current);
  return (
    <Scroller label="Events" class="events">
      <ol>
        {shown.map((stop) => {
          const one = recording.value.moments[stop];
          if (one === undefined) return null;
          const isNow = stop === current;
          return (
            <li key={stop} {...(isNow ? { ref: now } : {})} class={isNow ? "is-now" : ""}>
              <button
                type="button"
                aria-current={isNow ? "step" : undefined}
                onClick={() => {
                  pause();
                  goTo(stop);
                }}
              >
                <span class="event-at">{inMs(one.at)}</span>
                <span>{one.text}</span>
              </button>
            </li>
          );
        })}
      </ol>
    </Scroller>
  );
}
