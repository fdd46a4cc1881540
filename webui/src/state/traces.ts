/**
 * What the page remembers of the writes it heard of. Events may come twice (a reconnect replays
 * history), late, or without the one before them; a trace takes each fact once.
 */
import { ascending, quantileOfSorted } from "../../../simulation/statistics/index.ts";
import type { AckTrace, NodeEvent } from "../api/wire.ts";
import { Ring } from "../lib/ring.ts";

export interface WriteTrace {
  readonly sequence: number;
  /** The leader's wall clock at the proposal, ms. */
  readonly at: number;
  readonly keys: readonly string[];
  readonly kind: "put" | "delete" | "batch";
  readonly quorum: number;
  /** In the order of arrival, the late ones after the settling too. */
  readonly acks: AckTrace[];
  outcome: "waiting" | "settled" | "unknown";
  /** Its deadline passed before it settled, if it did. */
  wasUnknown: boolean;
  /** From the proposal to the settling; undefined until then. */
  latencyMs: number | undefined;
  /** Median and 95th percentile of the last settled writes, this one included. */
  runningP50Ms: number | undefined;
  runningP95Ms: number | undefined;
}

export const tracesKept = 600;
const runningWindow = 50;

export class Traces {
  readonly ring = new Ring<WriteTrace>(tracesKept);
  readonly #bySequence = new Map<number, WriteTrace>();
  readonly #recentMs = new Ring<number>(runningWindow);

  find(sequence: number): WriteTrace | undefined {
    return this.#bySequence.get(sequence);
  }

  /** False: it was known already. A new leadership may give a sequence to another write. */
  wrote(event: NodeEvent & { type: "write" }): boolean {
    if (this.#bySequence.get(event.sequence)?.at === event.at) return false;
    const { sequence, at, keys, kind, quorum } = event;
    const trace: WriteTrace = {
      ...{ sequence, at, keys, kind, quorum, acks: [], outcome: "waiting" },
      wasUnknown: false,
      ...{ latencyMs: undefined, runningP50Ms: undefined, runningP95Ms: undefined },
    };
    this.#bySequence.set(sequence, trace);
    const gone = this.ring.push(trace);
    if (gone !== undefined && this.#bySequence.get(gone.sequence) === gone) {
      this.#bySequence.delete(gone.sequence);
    }
    return true;
  }

  acked(event: NodeEvent & { type: "ack" }): boolean {
    const trace = this.#bySequence.get(event.sequence);
    if (trace === undefined || trace.acks.some((ack) => ack.node === event.node)) return false;
    if (event.at < trace.at) return false;
    trace.acks.push({ node: event.node, ms: event.ms, delayMs: event.delayMs });
    return true;
  }

  settled(event: NodeEvent & { type: "settled" }): boolean {
    const trace = this.#bySequence.get(event.sequence);
    if (trace === undefined || trace.outcome === "settled" || event.at < trace.at) return false;
    trace.outcome = "settled";
    trace.latencyMs = event.latencyMs;
    this.#recentMs.push(event.latencyMs);
    const sorted = ascending([...this.#recentMs]);
    trace.runningP50Ms = quantileOfSorted(sorted, 0.5);
    trace.runningP95Ms = quantileOfSorted(sorted, 0.95);
    return true;
  }

  unknown(event: NodeEvent & { type: "unknown" }): boolean {
    const trace = this.#bySequence.get(event.sequence);
    if (trace === undefined || trace.outcome !== "waiting" || event.at < trace.at) return false;
    trace.outcome = "unknown";
    trace.wasUnknown = true;
    return true;
  }
}
