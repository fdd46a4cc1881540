/** The state of one write at a time, from the button to its outcome. */
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { count } from "../lib/units.ts";
import { announce } from "../state/feed.ts";
import { cluster, own, theLeader } from "../state/live.ts";
import { send, type WriteOrder, type WriteOutcome } from "../state/writing.ts";

export type Phase =
  | { readonly type: "idle" }
  | { readonly type: "sending"; readonly order: WriteOrder }
  | {
      readonly type: "answered";
      readonly order: WriteOrder;
      readonly outcome: WriteOutcome;
      /** The epoch in which it was answered. */
      readonly epoch: number;
    };

/** What a component can do with its write. Promises resolve once the write is answered. */
export interface Writing {
  readonly phase: Phase;
  send(order: Omit<WriteOrder, "target">): Promise<WriteOutcome>;
  /** Sends the same order to the leader; later writes of this page go there too. */
  sendToLeader(order: WriteOrder): Promise<WriteOutcome>;
  /** Back to idle, without the outcome. */
  forget(): void;
  /** To be called when something became known that may have changed the key. */
  changed(): void;
}

/** Set once somebody chose "send to the leader": from then on writes go there, and buttons say so. */
export const throughLeader = signal(false);

/** `changed` is called after each answer, so that the key can be read again. */
export function useWriting(changed: () => void): Writing {
  const [phase, setPhase] = useState<Phase>({ type: "idle" });
  const run = async (order: WriteOrder): Promise<WriteOutcome> => {
    setPhase({ type: "sending", order });
    const outcome = await send(order);
    const epoch = cluster.value?.epoch ?? own.value?.epoch ?? 0;
    setPhase({ type: "answered", order, outcome, epoch });
    announce(inWords(outcome));
    changed();
    return outcome;
  };
  return {
    phase,
    changed,
    send: (order) => run({ ...order, target: throughLeader.value ? theLeader : "" }),
    sendToLeader: (order) => {
      throughLeader.value = true;
      return run({ ...order, target: theLeader });
    },
    forget: () => setPhase({ type: "idle" }),
  };
}

/** Whether the key did not have the version that the write required. */
export const hasConflict = (phase: Phase): boolean =>
  phase.type === "answered" &&
  phase.outcome.type === "refused" &&
  phase.outcome.problem.code === "VERSION_MISMATCH";

function inWords(outcome: WriteOutcome): string {
  switch (outcome.type) {
    case "settled":
      return `Answered: version ${count(outcome.receipt.version)}`;
    case "unknown":
      return "Outcome unknown. Waiting for it.";
    case "refused":
      return outcome.problem.detail;
  }
}
