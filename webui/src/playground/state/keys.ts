/** Single keys that act while nothing is typed. The help shows the same table. */
import { nextTheme, shortcutsOn } from "../../state/preferences.ts";
import { markKinds } from "../model/marks.ts";
import { course } from "../world/world.ts";
import { copyLink } from "./address.ts";
import { faster, goTo, jump, step, toggle } from "./clock.ts";
import { lastIndex, moment, shownFlights, withBeats } from "./recorded.ts";
import { openStory, redo, storyName, undo } from "./scenario.ts";
import {
  announcement,
  beside,
  dialog,
  layout,
  selection,
  selectMessage,
  selectNode,
  selectNothing,
} from "./view.ts";

interface Shortcut {
  /** As the help shows it. */
  readonly keys: string;
  readonly does: string;
  /** Returns false for a key that is not its own. `key` as in `KeyboardEvent.key`. */
  press(key: string): boolean;
}

const on = (key: string, keys: string, does: string, run: () => void): Shortcut => ({
  ...{ keys, does },
  press: (pressed) => {
    if (pressed !== key) return false;
    run();
    return true;
  },
});

export const shortcuts: readonly Shortcut[] = [
  on(" ", "space", "Play or pause", toggle),
  on("ArrowRight", "Right", "Step forward", () => step(false)),
  on("ArrowLeft", "Left", "Step back", () => step(true)),
  on("Home", "Home", "To the start", () => goTo(0)),
  on("End", "End", "To the end", () => goTo(lastIndex.peek())),
  on("+", "+", "Faster", () => faster(1)),
  on("-", "−", "Slower", () => faster(-1)),
  ...markKinds.map(({ name, key }) => ({
    ...{ keys: key, does: `Next ${name}; with Shift, the previous one` },
    press: (pressed: string) => {
      if (pressed.toLowerCase() !== key) return false;
      if (!jump(name, pressed !== key)) announcement.value = `No further ${name}`;
      return true;
    },
  })),
  {
    ...{ keys: "1 … 9", does: "Choose a node" },
    press: (pressed) => {
      const id = /^[1-9]$/.test(pressed) ? moment.peek().nodes[Number(pressed) - 1]?.id : undefined;
      if (id !== undefined) selectNode(id);
      return id !== undefined;
    },
  },
  on("m", "m", "Choose the next message under way", nextMessage),
  on("d", "d", "To what can be done with it", () => {
    document.querySelector<HTMLElement>(".hands button:not(.quiet), .hands input")?.focus();
  }),
  on("Escape", "Esc", "Choose nothing; leave a field", selectNothing),
  on("l", "l", "Ring, or leader left", () => {
    layout.value = layout.peek() === "ring" ? "leader left" : "ring";
  }),
  on("h", "h", "Show or hide heartbeats", () => {
    withBeats.value = !withBeats.peek();
  }),
  on("i", "i", "Edit the text", () => {
    beside.value = "text";
    requestAnimationFrame(() => focusOn("text"));
  }),
  on("n", "n", "A new write", () => {
    selectNothing();
    requestAnimationFrame(() => focusOn("write"));
  }),
  on("u", "u", "Undo", () => void undo()),
  on("U", "Shift+u", "Redo", () => void redo()),
  on("[", "[", "Previous story", () => turn(-1)),
  on("]", "]", "Next story", () => turn(1)),
  on("s", "s", "All stories", () => {
    dialog.value = "stories";
  }),
  on("k", "k", "Copy a link to exactly this", () => void copyLink()),
  on("t", "t", "Change the theme", nextTheme),
  on("?", "?", "This help", () => {
    dialog.value = "help";
  }),
];

function focusOn(name: string): void {
  const target = document.querySelector<HTMLElement>(`[data-shortcut="${name}"]`);
  target?.focus();
  if (target instanceof HTMLInputElement) target.select();
}

function nextMessage(): void {
  const flights = shownFlights.peek();
  const chosen = selection.peek();
  const place = chosen.kind === "message" ? flights.findIndex(({ id }) => id === chosen.id) : -1;
  const next = flights[(place + 1) % Math.max(1, flights.length)];
  if (next !== undefined) selectMessage(next.id);
}

function turn(by: 1 | -1): void {
  const place = course.findIndex(({ name }) => name === storyName.peek());
  const next = course[place + by];
  if (next !== undefined) void openStory(next.name);
}

/** Keys that the element with the focus needs itself. */
function isTaken(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.closest(
      "textarea, select, [contenteditable], input:not([type=radio], [type=checkbox], [type=range])",
    )
  )
    return true;
  if (target.closest("input")) return key === " " || /^(?:Arrow|Home|End|Page)/.test(key);
  return (key === " " || key === "Enter") && target.closest("button, a, summary") !== null;
}

/** Shortcuts stay off while a dialog is open and while they are turned off. */
export function startShortcuts(): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]") !== null) return;
    const isField = isTaken(event.target, event.key);
    if (isField && event.key === "Escape") (event.target as HTMLElement).blur();
    if (!shortcutsOn.value || isField) return;
    if (shortcuts.some(({ press }) => press(event.key))) event.preventDefault();
  });
}
