/** The processes of a cluster that `npm start` runs: how each is, and what can be done with it. */
import { effect, signal } from "@preact/signals";
import { call, type Problem } from "../api/http.ts";
import type { ProcessAction, ProcessState, ProcessStates } from "../api/wire.ts";
import { announce } from "./feed.ts";
import { controlAllowed, leaderNow, model, own, tick } from "./live.ts";
import { route } from "./route.ts";

/** By node; empty until the launcher has answered. */
export const processes = signal<ProcessStates>({});

interface StatesAnswer {
  readonly nodes: ProcessStates;
}

async function refreshProcesses(): Promise<void> {
  const answer = await call<StatesAnswer>("/control");
  if (answer.ok) processes.value = answer.value.nodes;
}

const refreshEveryMs = 1000;

/** Keeps `processes` up to date while the panel that shows them is open. Called once. */
export function watchProcesses(): void {
  effect(() => {
    if (!controlAllowed.value || route.value.panel !== "faults") return;
    void refreshProcesses();
    const timer = setInterval(() => {
      if (!document.hidden) void refreshProcesses();
    }, refreshEveryMs);
    return () => clearInterval(timer);
  });
}

/** What follows, in one line each. */
const stories: Readonly<Record<ProcessAction, string>> = {
  stop: "is told to stop (SIGTERM) and stays down until it is restarted.",
  kill: "is killed (kill -9) and starts again by itself.",
  freeze: "is frozen (SIGSTOP): its connections stay open, and it says nothing.",
  thaw: "goes on (SIGCONT).",
  restart: "starts anew.",
};

/** Asks the launcher for it, and tells the story. Undefined when it was asked, else the refusal. */
export async function control(node: string, action: ProcessAction): Promise<Problem | undefined> {
  const path = `/control/${encodeURIComponent(node)}/${action}`;
  const answer = await call<StatesAnswer>(path, { method: "POST", body: "{}" });
  if (!answer.ok) return answer.problem;
  const story = `${node} ${stories[action]}`;
  model.note(leaderNow(), action === "thaw" || action === "restart" ? "plain" : "warning", story);
  announce(story);
  tick.value++;
  return undefined;
}

/** What a person would do next with a process in that state; the other actions would do nothing. */
export function actionsFor(state: ProcessState | undefined): readonly ProcessAction[] {
  switch (state) {
    case "frozen":
      return ["thaw", "kill", "stop", "restart"];
    case "stopped":
      return ["restart"];
    default:
      return ["stop", "kill", "freeze", "restart"];
  }
}

/** A node that serves this page takes the page with it. */
export const servesThisPage = (node: string): boolean => node === own.value?.node;
