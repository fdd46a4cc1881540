/**
 * The cluster view: what happens in the cluster now, as drawings, charts, tables and a feed. All of it is
 * made from the events of the leader, or of the page's own node while the leader does not answer.
 */
import { useThrottled } from "../lib/hooks.ts";
import { timeOfDay } from "../lib/units.ts";
import { model, tick } from "../state/live.ts";
import { mayWrite } from "../state/session.ts";
import { Blank, Panel, Scroller } from "../ui/panel.tsx";
import { GentleOffer } from "./gentle-offer.tsx";
import { LagChart } from "./lag-chart.tsx";
import { LatencyChart } from "./latency-chart.tsx";
import { NodesTable } from "./nodes-table.tsx";
import { QuickWrite } from "./quick-write.tsx";
import { Topology } from "./topology.tsx";
import { Waterfall } from "./waterfall.tsx";

/** Each panel reads the signals that it shows; the view only places them. */
export function ClusterView() {
  return (
    <>
      <GentleOffer />
      {mayWrite.value && <QuickWrite />}
      <div class="cluster-grid">
        <Topology />
        <Waterfall />
        <LatencyChart />
        <LagChart />
        <NodesTable />
        <Feed />
      </div>
    </>
  );
}

/** Lines in sight by scrolling; the model remembers more. */
const linesShown = 60;
const symbols = { plain: "·", good: "✓", warning: "▲", bad: "■" };

/** What happened, newest first, in plain words. A symbol says the same as the colour of a line. */
function Feed() {
  useThrottled(tick, 4);
  const items = model.feed.newest(linesShown);
  return (
    <Panel title="Events" hint="Newest first; times by the leader's clock" class="feed">
      {items.length === 0 ? (
        <Blank>No events yet. Writes, changes of nodes, and changed settings appear here.</Blank>
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
