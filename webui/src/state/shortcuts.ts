/** Single keys that act while no field has the focus. The help lists the same table. */
import { faultsAllowed, paused, setPaused } from "./live.ts";
import { nextTheme, shortcutsOn } from "./preferences.ts";
import { go, route, toggleFaults } from "./route.ts";

export interface Shortcut {
  readonly key: string;
  readonly does: string;
  run(): void;
}

/** Focuses what a view marked with `data-shortcut`; waits a moment for a view that just opened. */
export function focusOn(name: string): void {
  requestAnimationFrame(() => {
    const target = document.querySelector<HTMLElement>(`[data-shortcut="${name}"]`);
    target?.focus();
    if (target instanceof HTMLInputElement) target.select();
  });
}

const click = (name: string): void =>
  document.querySelector<HTMLElement>(`[data-shortcut="${name}"]`)?.click();

export const shortcuts: readonly Shortcut[] = [
  { key: "1", does: "Cluster", run: () => go({ view: "cluster" }) },
  { key: "2", does: "Keys", run: () => go({ view: "keys" }) },
  { key: "3", does: "Compare stores", run: () => go({ view: "compare" }) },
  { key: "4", does: "Sweep", run: () => go({ view: "sweep" }) },
  { key: "p", does: "Hold the page still, or go on", run: () => setPaused(!paused.value) },
  {
    key: "/",
    does: "Search keys",
    run: () => {
      if (route.value.view !== "keys") go({ view: "keys" });
      focusOn("search");
    },
  },
  {
    key: "n",
    does: "New key",
    run: () => {
      if (route.value.view !== "keys") go({ view: "keys" });
      requestAnimationFrame(() => click("new"));
    },
  },
  { key: "e", does: "Edit the key shown", run: () => click("edit") },
  {
    key: "w",
    does: "Write a value and watch it",
    run: () => {
      if (route.value.view !== "cluster") go({ view: "cluster" });
      focusOn("write");
    },
  },
  { key: "t", does: "Next theme", run: nextTheme },
  {
    key: "f",
    does: "Faults, where they are allowed",
    run: () => {
      if (faultsAllowed.value) toggleFaults();
    },
  },
  { key: "?", does: "This help", run: () => go({ panel: "help" }, "replace") },
];

function typesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.closest("input:not([type=radio]), textarea, select, [contenteditable]") !== null;
}

export function startShortcuts(): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (!shortcutsOn.value || typesText(event.target)) return;
    // The dialog itself is asked: the address learns a little later that it was closed.
    if (document.querySelector("dialog[open]") !== null) return;
    const shortcut = shortcuts.find(({ key }) => key === event.key);
    if (shortcut === undefined) return;
    event.preventDefault();
    shortcut.run();
  });
}
