/**
 * The page: the parts that are always visible, the view that the address names, and an open panel. The
 * last paragraph is never seen: screen readers read out what is put into it.
 */
import { useLayoutEffect, useRef } from "preact/hooks";
import { pathTo } from "./api/place.ts";
import { ClusterView } from "./cluster/cluster-view.tsx";
import { CompareView } from "./compare/compare-view.tsx";
import { FaultsPanel } from "./faults/faults-panel.tsx";
import { KeysView } from "./keys/keys-view.tsx";
import { Header } from "./shell/header.tsx";
import { Help } from "./shell/help.tsx";
import { KeyFigures } from "./shell/key-figures.tsx";
import { Login } from "./shell/login.tsx";
import { Banner, SweepNotice } from "./shell/notices.tsx";
import { announcement } from "./state/feed.ts";
import { faultsAllowed, own } from "./state/live.ts";
import { go, route, type View } from "./state/route.ts";
import { mayAdminister, mustLogIn } from "./state/session.ts";
import { SweepView } from "./sweep/sweep-view.tsx";

/** Headings for screen readers; the tabs have shorter names. */
const viewNames: Readonly<Record<View, string>> = {
  cluster: "Cluster",
  keys: "Keys",
  compare: "Store comparison",
  sweep: "Quorum sweep",
};

/** Renders again whenever the route changes. */
export function App() {
  const { view, panel } = route.value;
  if (mustLogIn.value) return <Login />;
  // The address may ask for the panel on a cluster that does not allow faults.
  const hasFaults = panel === "faults" && faultsAllowed.value && mayAdminister.value;
  return (
    <>
      <a class="skip-link" href="#main">
        Skip to the content
      </a>
      <Header />
      <Banner />
      <SweepNotice />
      <div class={`workspace ${hasFaults ? "with-side" : ""}`}>
        {hasFaults && <FaultsPanel />}
        <Main view={view} />
      </div>
      <Footer />
      {panel === "help" && <Help />}
      <p class="visually-hidden" role="status" aria-live="polite">
        {announcement}
      </p>
    </>
  );
}

/** A new view takes the focus, as a new page would; the first view leaves it where it is. */
function Main({ view }: { readonly view: View }) {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(view);
  useLayoutEffect(() => {
    if (shown.current === view) return;
    shown.current = view;
    main.current?.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  }, [view]);
  return (
    <main id="main" ref={main} tabIndex={-1} aria-label={viewNames[view]} class={`view ${view}`}>
      <h1 class="visually-hidden">{viewNames[view]}</h1>
      <KeyFigures />
      {view === "cluster" && <ClusterView />}
      {view === "keys" && <KeysView />}
      {view === "compare" && <CompareView />}
      {view === "sweep" && <SweepView />}
    </main>
  );
}

/** Which node serves the page, and links to what it reports without a page. */
function Footer() {
  const node = own.value;
  if (node === undefined) return null;
  return (
    <footer class="foot">
      <span>
        Served by <strong>{node.node}</strong>
        {node.role === "follower" && node.leader !== "" && `, following ${node.leader}`}
      </span>
      <span>
        <a href={pathTo("/playground")}>Playground</a> · <a href={pathTo("/docs")}>API</a> ·{" "}
        <a href={pathTo("/metrics")}>Metrics</a> · <a href={pathTo("/status")}>Status</a> ·{" "}
        <button type="button" class="link" onClick={() => go({ panel: "help" })}>
          Help
        </button>
      </span>
    </footer>
  );
}
