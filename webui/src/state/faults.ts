/** The faults in force, where the cluster allows any. */
import { effect, signal } from "@preact/signals";
import { addressOf, call, type Problem } from "../api/http.ts";
import type { FaultList, LinkFault } from "../api/wire.ts";
import { count } from "../lib/units.ts";
import { connection, faultsAllowed, leaderId } from "./live.ts";

export const activeFaults = signal<FaultList["faults"]>({});

export async function refreshFaults(): Promise<void> {
  if (!faultsAllowed.value || connection.value !== "live") return;
  const answer = await call<FaultList>(addressOf("/faults", leaderId.value));
  if (answer.ok) activeFaults.value = answer.value.faults;
}

async function change(path: string, request: { method: "PUT" | "DELETE"; body?: string }) {
  const answer = await call(addressOf(path, leaderId.value), request);
  await refreshFaults();
  return answer.ok ? undefined : answer.problem;
}

export const setFault = (follower: string, fault: LinkFault): Promise<Problem | undefined> =>
  change(`/faults/${encodeURIComponent(follower)}`, { method: "PUT", body: JSON.stringify(fault) });

export const resetFault = (follower: string): Promise<Problem | undefined> =>
  change(`/faults/${encodeURIComponent(follower)}`, { method: "DELETE" });

export const resetAllFaults = (): Promise<Problem | undefined> =>
  change("/faults", { method: "DELETE" });

export function faultInWords(fault: LinkFault): string {
  switch (fault.type) {
    case "pause":
      return "link paused";
    case "slow":
      return `link slowed by ${count(fault.delayMs)} ms`;
    case "cut":
      return "link cut";
  }
}

const refreshEveryMs = 2000;

export function watchFaults(): void {
  effect(() => {
    if (!faultsAllowed.value) return;
    void refreshFaults();
    const timer = setInterval(() => {
      if (!document.hidden) void refreshFaults();
    }, refreshEveryMs);
    return () => clearInterval(timer);
  });
}
