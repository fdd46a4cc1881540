/** The figures of what the node keeps for its clients, and of whom it refused or cut off for that. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { Intake } from "../src/intake/intake.ts";

/** Reads all of them when they are asked for. */
export function createIntakeMetrics(registry: Registry, intake: Intake): void {
  const registers = [registry];
  const budgets = { requests: intake.requests, answers: intake.answers };
  const slots = {
    streams: intake.streams,
    grpc_calls: intake.calls,
    forwarded_calls: intake.forwarded,
    waiting_reads: intake.waitingReads,
    grpc_connections: intake.connections,
    rest_connections: intake.restConnections,
  };
  new Gauge({
    name: "kv_held_bytes",
    help: "Bytes of requests that are half received, and of large answers that are not read.",
    labelNames: ["what"],
    registers,
    collect() {
      for (const [what, { bytes }] of Object.entries(budgets)) this.set({ what }, bytes);
    },
  });
  new Gauge({
    name: "kv_open",
    help: "Event streams, reads that wait for news and watches, calls over gRPC, forwarded calls, reads that wait for a version, and connections of clients.",
    labelNames: ["what"],
    registers,
    collect() {
      for (const [what, { count }] of Object.entries(slots)) this.set({ what }, count);
    },
  });
  const counter = (name: string, help: string, read: "refused" | "cut") => {
    new Counter({
      ...{ name, help, labelNames: ["what"], registers },
      collect() {
        this.reset();
        for (const [what, each] of Object.entries({ ...budgets, ...slots })) {
          this.inc({ what }, each[read]);
        }
      },
    });
  };
  counter(
    "kv_bound_refused_total",
    "Clients that were refused because a bound was reached.",
    "refused",
  );
  counter("kv_bound_cut_total", "Clients that were cut off to make room for others.", "cut");
}
