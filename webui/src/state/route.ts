/** Where the page is, kept in its address, so that a link or a reload shows the same thing. */
import { signal } from "@preact/signals";

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

const blank: Route = {
  ...{ view: "cluster", prefix: "", key: undefined, from: "", follower: "", sweep: "", panel: "" },
};

export function readAddress(search: string): Route {
  const given = new URLSearchParams(search);
  const view = views.find((name) => name === given.get("view")) ?? "cluster";
  const panel = (["faults", "help"] as const).find((name) => name === given.get("panel")) ?? "";
  const text = (name: string) => given.get(name) ?? "";
  return {
    ...{ view, panel, key: given.get("key") ?? undefined },
    ...{ prefix: text("prefix"), from: text("from"), follower: text("follower") },
    sweep: text("sweep"),
  };
}

export function addressFor(route: Route): string {
  const shown = new URLSearchParams();
  if (route.view !== "cluster") shown.set("view", route.view);
  const ofView: Partial<Record<View, readonly (keyof Route)[]>> = {
    ...{ keys: ["prefix", "key", "from"], compare: ["follower"], sweep: ["sweep"] },
  };
  for (const name of [...(ofView[route.view] ?? []), "panel" as const]) {
    const value = route[name];
    if (value !== undefined && (value !== "" || name === "key")) shown.set(name, value);
  }
  const search = shown.toString();
  return search === "" ? "/" : `/?${search}`;
}

export const route = signal<Route>(readAddress(location.search));

/** `replace`: what changed is no step that "back" should return from. */
export function go(change: Partial<Route>, how: "push" | "replace" = "push"): void {
  const next = { ...route.value, ...change };
  const address = addressFor(next);
  route.value = next;
  if (address === location.pathname + location.search) return;
  if (how === "push") history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}

export const toggleFaults = (): void =>
  go({ panel: route.value.panel === "faults" ? "" : "faults" }, "replace");

export function followHistory(): void {
  addEventListener("popstate", () => {
    route.value = readAddress(location.search);
  });
}

export const blankRoute = blank;
