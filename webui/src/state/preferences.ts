/** What a person set for this browser; kept where the browser allows it. */
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
    // A browser that forbids storage forgets the choice with the tab.
  }
}

const keptTheme = kept("theme");
export const theme = signal<Theme>(
  keptTheme === "light" || keptTheme === "dark" ? keptTheme : "system",
);
/** Single-key shortcuts get in the way of speech input, so they can be turned off. */
export const shortcutsOn = signal(kept("shortcuts") !== "off");

/** Whether to offer a gentle load where nobody writes. */
export const gentleOffers = signal(kept("gentle-load") !== "off");

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
const systemWantsCalm = matchMedia("(prefers-reduced-motion: reduce)");
/** Changes whenever colours read from the style sheet must be read again. */
export const schemeInForce = signal<"light" | "dark">("light");
export const reducedMotion = signal(systemWantsCalm.matches);

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

export function nextTheme(): void {
  const order: readonly Theme[] = ["system", "light", "dark"];
  theme.value = order[(order.indexOf(theme.value) + 1) % order.length] ?? "system";
}
