/**
 * The writes that the page has seen events of. Events may come twice (a stream replays its history
 * after a reconnect), late, or without the event before them; a trace takes each fact once.
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
  /** In the order of arrival, including those that came after the entry had settled. */
  readonly acks: AckTrace[];
  outcome: "waiting" | "settled" | "unknown";
  /** Its deadline passed before it settled, whether or not it has settled since. */
  wasUnknown: boolean;
  /** From the proposal until the entry settled; undefined until then. */
  latencyMs: number | undefined;
  /** Median and 95th percentile of the last 50 settled writes, this one included. */
  runningP50Ms: number | undefined;
  runningP95Ms: number | undefined;
}

export const tracesKept = 600;
const runningWindow = 50;

/** Each method takes one event in and returns whether it was new. */
export class Traces {
  readonly ring = new Ring<WriteTrace>(tracesKept);
  /** The trace of each sequence in the ring; the newest where an epoch reused a sequence. */
  readonly #bySequence = new Map<number, WriteTrace>();
  readonly #recentMs = new Ring<number>(runningWindow);

  /** Undefined for a write that was never seen, or is no longer remembered. */
  find(sequence: number): WriteTrace | undefined {
    return this.#bySequence.get(sequence);
  }

  /** A new leader may give a sequence to another write, which then gets a trace of its own. */
  wrote(event: NodeEvent & { type: "write" }): boolean {
    if (this.#bySequence.get(event.sequence)?.at === event.at) return false;
    const { sequence, at, keys, kind, quorum } = event;
    const trace: WriteTrace = {
      sequence,
      at,
      keys,
      kind,
      quorum,
      acks: [],
      outcome: "waiting",
      wasUnknown: false,
      latencyMs: undefined,
      runningP50Ms: undefined,
      runningP95Ms: undefined,
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
    // An ack of an earlier epoch, for another write at this sequence.
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
