/** One polite line for screen readers; components say in it what only eyes would notice. */
import { signal } from "@preact/signals";

export const announcement = signal("");

export function announce(text: string): void {
  announcement.value = text;
}
