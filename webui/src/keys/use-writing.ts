/** One write at a time, from the button to its outcome. */

import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { count } from "../lib/units.ts";
import { announce } from "../state/announcer.ts";
import { cluster, leaderId, own } from "../state/live.ts";
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

export interface Writing {
  readonly phase: Phase;
  send(order: Omit<WriteOrder, "target">): Promise<WriteOutcome>;
  /** The same order again, at the leader; later writes of this page go there too. */
  sendToLeader(order: WriteOrder): Promise<WriteOutcome>;
  forget(): void;
  /** Something became known that may have changed the key. */
  changed(): void;
}

/** Once somebody chose "send to the leader", this page's writes go there, and buttons say so. */
export const throughLeader = signal(false);

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
    send: (order) => run({ ...order, target: throughLeader.value ? leaderId.value : "" }),
    sendToLeader: (order) => {
      throughLeader.value = true;
      return run({ ...order, target: leaderId.value });
    },
    forget: () => setPhase({ type: "idle" }),
  };
}

function inWords(outcome: WriteOutcome): string {
  switch (outcome.type) {
    case "settled":
      return `Answered: version ${count(outcome.receipt.version)}`;
    case "unknown":
      return "Outcome unknown. Following it.";
    case "refused":
      return outcome.problem.detail;
  }
}
