/** Notices when the node's role or its leader changes: pages are told, and calls that wait for a leader go on. */
import type { NodeId } from "../replication/types.ts";
import type { Leadership } from "./api.ts";
import type { EventHub } from "./event-hub.ts";
import type { Cancel, Clock } from "./ports.ts";
import { waitingMax } from "./waiting.ts";

interface Waiter {
  readonly found: (leader: NodeId | undefined) => void;
  readonly cancel: Cancel;
}

/** Looks when it is told to; it runs no timer of its own. */
export class LeaderWatch {
  readonly #clock: Clock;
  readonly #hub: EventHub;
  readonly #now: () => Leadership;
  readonly #waiters = new Set<Waiter>();
  #told: Leadership | undefined;

  constructor(parts: { clock: Clock; hub: EventHub; now: () => Leadership }) {
    this.#clock = parts.clock;
    this.#hub = parts.hub;
    this.#now = parts.now;
  }

  /** To be called whenever role or leader may have changed. What the node starts with is no news. */
  look(): void {
    const now = this.#now();
    const told = this.#told;
    this.#told = now;
    if (told !== undefined && (told.role !== now.role || told.leader !== now.leader))
      this.#hub.publish({ type: "leader", at: this.#clock.wall(), ...now });
    if (now.leader !== "") this.#answer(now.leader);
  }

  /** See KvNode. Beyond `waitingMax` calls nobody waits. */
  whenLeader(timeoutMs: number): Promise<NodeId | undefined> {
    return new Promise((resolve) => {
      const { leader } = this.#now();
      if (leader !== "" || this.#waiters.size >= waitingMax) {
        resolve(leader === "" ? undefined : leader);
        return;
      }
      const waiter: Waiter = {
        found: resolve,
        cancel: this.#clock.after(timeoutMs, () => {
          this.#waiters.delete(waiter);
          resolve(undefined);
        }),
      };
      this.#waiters.add(waiter);
    });
  }

  /** The node closes: nobody waits any longer. */
  close(): void {
    this.#answer(undefined);
  }

  #answer(leader: NodeId | undefined): void {
    for (const { found, cancel } of this.#waiters) {
      cancel();
      found(leader);
    }
    this.#waiters.clear();
  }
}
