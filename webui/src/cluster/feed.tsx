/** What happened, newest first, in plain words. */
import { useThrottled } from "../lib/throttled.ts";
import { timeOfDay } from "../lib/units.ts";
import { model, tick } from "../state/live.ts";
import { Blank, Panel, Scroller } from "../ui/panel.tsx";

const linesShown = 60;
const symbols = { plain: "·", good: "✓", warning: "▲", bad: "■" };

export function Feed() {
  useThrottled(tick, 4);
  const items = model.feed.newest(linesShown);
  return (
    <Panel title="Events" hint="Newest first; times by the leader's clock" class="feed">
      {items.length === 0 ? (
        <Blank>
          Nothing has happened yet. Writes, nodes that come and go, and changed settings appear
          here.
        </Blank>
      ) : (
        <Scroller label="Events">
          <ol class="feed-list" reversed>
            {items.map((item) => (
              <li key={item.number} class={item.tone}>
                <time>{timeOfDay(item.at)}</time>
                <span aria-hidden="true" class="feed-symbol">
                  {symbols[item.tone]}
                </span>
                <span>{item.text}</span>
              </li>
            ))}
          </ol>
        </Scroller>
      )}
    </Panel>
  );
}
