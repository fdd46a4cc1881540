/** The event that is shown, in words. It is read out while the time stands; while it passes, only turning points. */
import { effect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { inMs } from "../model/words.ts";
import { playing } from "../state/clock.ts";
import { index, lastIndex, moment } from "../state/recorded.ts";
import { announcement } from "../state/view.ts";

const turningPoints: readonly string[] = [
  "commit",
  "crash",
  "start",
  "election",
  "broken",
  "answer",
];

export function Now() {
  const { at, text, kind } = moment.value;
  useEffect(
    () =>
      effect(() => {
        const now = moment.value;
        if (playing.value && !turningPoints.includes(now.kind)) return;
        if (now.text !== "") announcement.value = `${inMs(now.at)}: ${now.text}`;
      }),
    [],
  );
  return (
    <p class={`now mark-${kind}`}>
      <span class="now-at">{inMs(at)}</span>
      <span class="now-text" title={text}>
        {text}
      </span>
      <span class="dim now-count">
        event {index.value} of {lastIndex.value}
      </span>
    </p>
  );
}
