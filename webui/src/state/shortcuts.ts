/** Single keys that act while no field has the focus. The help shows the same table. */
import { setPaused } from "./arrivals.ts";
import { faultsAllowed, paused } from "./live.ts";
import { nextTheme, shortcutsOn } from "./preferences.ts";
import { go, route, toggleFaults } from "./route.ts";
import { mayAdminister, mustLogIn } from "./session.ts";

interface Shortcut {
  /** As `KeyboardEvent.key` names it. */
  readonly key: string;
  readonly does: string;
  run(): void;
}

/** Focuses the element marked `data-shortcut`, a frame later: its view may have just been opened. */
export function focusOn(name: string): void {
  requestAnimationFrame(() => {
    const target = document.querySelector<HTMLElement>(`[data-shortcut="${name}"]`);
    target?.focus();
    if (target instanceof HTMLInputElement) target.select();
  });
}

/** Clicks the element marked `data-shortcut`; nothing happens where the view has none. */
const click = (name: string): void =>
  document.querySelector<HTMLElement>(`[data-shortcut="${name}"]`)?.click();

/** In the order in which the help lists them. */
export const shortcuts: readonly Shortcut[] = [
  { key: "1", does: "Cluster", run: () => go({ view: "cluster" }) },
  { key: "2", does: "Keys", run: () => go({ view: "keys" }) },
  { key: "3", does: "Compare stores", run: () => go({ view: "compare" }) },
  { key: "4", does: "Sweep", run: () => go({ view: "sweep" }) },
  { key: "p", does: "Pause or resume", run: () => setPaused(!paused.value) },
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
    does: "Write a value",
    run: () => {
      if (route.value.view !== "cluster") go({ view: "cluster" });
      focusOn("write");
    },
  },
  { key: "t", does: "Change the theme", run: nextTheme },
  {
    key: "f",
    does: "Faults, where they are allowed",
    run: () => {
      if (faultsAllowed.value && mayAdminister.value) toggleFaults();
    },
  },
  { key: "?", does: "This help", run: () => go({ panel: "help" }, "replace") },
];

/** Whether a key pressed there is text, or chooses an option. */
function typesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.closest("input:not([type=radio]), textarea, select, [contenteditable]") !== null;
}

/** Shortcuts stay off while a dialog is open and while they are turned off. */
export function startShortcuts(): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (!shortcutsOn.value || mustLogIn.value || typesText(event.target)) return;
    // The address says only a little later that a dialog was closed, so the dialog itself is asked.
    if (document.querySelector("dialog[open]") !== null) return;
    const shortcut = shortcuts.find(({ key }) => key === event.key);
    if (shortcut === undefined) return;
    event.preventDefault();
    shortcut.run();
  });
}
