/** What somebody chose for this browser. It outlives the tab where the browser allows storage. */
import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

function kept(name: string): string | null {
  try {
    return localStorage.getItem(`quorum-kv.${name}`);
  } catch {
    return null;
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`quorum-kv.${name}`, value);
  } catch {
    // Without storage the choice lasts as long as the tab.
  }
}

const keptTheme = kept("theme");
export const theme = signal<Theme>(
  keptTheme === "light" || keptTheme === "dark" ? keptTheme : "system",
);
/** Single-key shortcuts disturb speech input, so they can be turned off. */
export const shortcutsOn = signal(kept("shortcuts") !== "off");

/** Whether the page offers a gentle load while nothing is written. */
export const gentleOffers = signal(kept("gentle-load") !== "off");

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
const systemWantsCalm = matchMedia("(prefers-reduced-motion: reduce)");
/** Charts read their colours from the style sheet; when this changes they must read them again. */
export const schemeInForce = signal<"light" | "dark">("light");
export const reducedMotion = signal(systemWantsCalm.matches);

/** Applies the preferences, stores each change, and follows the system's own settings. */
export function startPreferences(): void {
  const follow = () => {
    const chosen = theme.value;
    schemeInForce.value = chosen === "system" ? (systemIsDark.matches ? "dark" : "light") : chosen;
  };
  effect(() => {
    keep("theme", theme.value);
    document.documentElement.dataset["theme"] = theme.value;
    follow();
  });
  effect(() => keep("gentle-load", gentleOffers.value ? "on" : "off"));
  effect(() => keep("shortcuts", shortcutsOn.value ? "on" : "off"));
  systemIsDark.addEventListener("change", follow);
  systemWantsCalm.addEventListener("change", () => {
    reducedMotion.value = systemWantsCalm.matches;
  });
}

/** From the system's theme to the light one, the dark one, and back. */
export function nextTheme(): void {
  const order: readonly Theme[] = ["system", "light", "dark"];
  theme.value = order[(order.indexOf(theme.value) + 1) % order.length] ?? "system";
}
