/** Link faults: which are in force, and how one is set. Only some clusters allow them. */
import { effect, signal } from "@preact/signals";
import type { Problem } from "../api/http.ts";
import type { FaultList, LinkFault } from "../api/wire.ts";
import { count } from "../lib/units.ts";
import { callLeader, connection, faultsAllowed, leaderId } from "./live.ts";

/** By follower; a follower without an entry has a healthy link. */
export const activeFaults = signal<FaultList["faults"]>({});

/** Reads the faults in force from the leader; keeps the ones known where it does not answer. */
export async function refreshFaults(): Promise<void> {
  if (!faultsAllowed.value || connection.value !== "live") return;
  const answer = await callLeader<FaultList>("/faults");
  if (answer.ok) activeFaults.value = answer.value.faults;
}

/** Undefined when done, else the refusal. */
async function change(path: string, request: { method: "PUT" | "DELETE"; body?: string }) {
  const answer = await callLeader(path, request);
  await refreshFaults();
  return answer.ok ? undefined : answer.problem;
}

/** Sets the fault of one link in place of the one it has. */
export const setFault = (follower: string, fault: LinkFault): Promise<Problem | undefined> =>
  change(`/faults/${encodeURIComponent(follower)}`, { method: "PUT", body: JSON.stringify(fault) });

export const resetFault = (follower: string): Promise<Problem | undefined> =>
  change(`/faults/${encodeURIComponent(follower)}`, { method: "DELETE" });

export const resetAllFaults = (): Promise<Problem | undefined> =>
  change("/faults", { method: "DELETE" });

/** As a member's card shows it. */
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

/** Keeps `activeFaults` up to date: faults end by themselves, and others may set them. */
export function watchFaults(): void {
  effect(() => {
    if (!faultsAllowed.value) return;
    // Each node has faults of its own, and those of the leader count.
    if (leaderId.value !== "") void refreshFaults();
    const timer = setInterval(() => {
      if (!document.hidden) void refreshFaults();
    }, refreshEveryMs);
    return () => clearInterval(timer);
  });
}
