/** What the page shows, kept in its address, so that a link or a reload shows the same thing. */
import { signal } from "@preact/signals";
import { pathTo } from "../api/place.ts";

export const views = ["cluster", "keys", "compare", "sweep"] as const;
export type View = (typeof views)[number];

export interface Route {
  readonly view: View;
  /** Keys view: the prefix searched for, the key shown, the node read from. */
  readonly prefix: string;
  readonly key: string | undefined;
  readonly from: string;
  /** Store comparison: the follower. */
  readonly follower: string;
  /** Sweep view: the run shown; empty: the newest. */
  readonly sweep: string;
  readonly panel: "" | "faults" | "help";
}

export const blankRoute: Route = {
  view: "cluster",
  prefix: "",
  key: undefined,
  from: "",
  follower: "",
  sweep: "",
  panel: "",
};

/** Names that the page does not know are ignored; an unknown view is the cluster view. */
function readAddress(search: string): Route {
  const given = new URLSearchParams(search);
  const view = views.find((name) => name === given.get("view")) ?? "cluster";
  const panel = (["faults", "help"] as const).find((name) => name === given.get("panel")) ?? "";
  const text = (name: string) => given.get(name) ?? "";
  return {
    view,
    panel,
    key: given.get("key") ?? undefined,
    prefix: text("prefix"),
    from: text("from"),
    follower: text("follower"),
    sweep: text("sweep"),
  };
}

/** The address of a route, as a path; it names only what belongs to the route's view. */
export function addressFor(route: Route): string {
  const shown = new URLSearchParams();
  if (route.view !== "cluster") shown.set("view", route.view);
  const ofView: Partial<Record<View, readonly (keyof Route)[]>> = {
    keys: ["prefix", "key", "from"],
    compare: ["follower"],
    sweep: ["sweep"],
  };
  for (const name of [...(ofView[route.view] ?? []), "panel" as const]) {
    const value = route[name];
    if (value !== undefined && (value !== "" || name === "key")) shown.set(name, value);
  }
  const search = shown.toString();
  return pathTo(search === "" ? "/" : `/?${search}`);
}

/** What is shown now. Only `go` and the browser's history change it. */
export const route = signal<Route>(readAddress(location.search));

/** Shows something else. With `replace`, the browser's "back" skips what was shown before. */
export function go(change: Partial<Route>, how: "push" | "replace" = "push"): void {
  const next = { ...route.value, ...change };
  const address = addressFor(next);
  route.value = next;
  if (address === location.pathname + location.search) return;
  if (how === "push") history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}

/** Opens the panel of link faults, or closes it. */
export const toggleFaults = (): void =>
  go({ panel: route.value.panel === "faults" ? "" : "faults" }, "replace");

/** Makes the browser's "back" and "forward" work. */
export function followHistory(): void {
  addEventListener("popstate", () => {
    route.value = readAddress(location.search);
  });
}
