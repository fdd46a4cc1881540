/** What happens in the cluster right now. */
import { Feed } from "./feed.tsx";
import { GentleOffer } from "./gentle-offer.tsx";
import { LagChart } from "./lag-chart.tsx";
import { LatencyChart } from "./latency-chart.tsx";
import { NodesTable } from "./nodes-table.tsx";
import { QuickWrite } from "./quick-write.tsx";
import { Topology } from "./topology.tsx";
import { Waterfall } from "./waterfall.tsx";

export function ClusterView() {
  return (
    <>
      <GentleOffer />
      <QuickWrite />
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
