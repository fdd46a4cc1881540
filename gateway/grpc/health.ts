/** The standard health service of gRPC, which orchestrators and load balancers ask. */
import type { Server, ServerWritableStream } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import { type KvNode, purposes } from "../../src/node/api.ts";
import { kvServiceName } from "./definition.ts";

/** Milliseconds between two looks at the node, for clients that watch its health. */
const watchMs = 250;

/** The library exports no name for the handlers of a service. */
type Handlers = Parameters<Server["addService"]>[1];

/**
 * Reports SERVING exactly while the node is ready. The service names "reads" and "writes" report it for
 * these calls alone, as `/readyz?for=` does. After `close` every service is NOT_SERVING.
 */
export function addHealth(server: Server, node: KvNode): { close(): void } {
  const health = new HealthImplementation();
  const told = new Map<string, boolean>();
  const tell = (service: string, ready: boolean) => {
    if (told.get(service) === ready) return;
    told.set(service, ready);
    health.setStatus(service, ready ? "SERVING" : "NOT_SERVING");
  };
  const refresh = () => {
    const { ready } = node.status();
    for (const service of ["", kvServiceName]) tell(service, ready);
    for (const purpose of purposes) tell(purpose, node.notReadyFor(purpose).length === 0);
  };
  refresh();
  const timer = setInterval(refresh, watchMs);
  health.addToServer({
    // A single check looks at the node first, so that its answer is never out of date.
    addService: (definition, handlers: Handlers) =>
      server.addService(definition, {
        ...handlers,
        check: fresh(handlers["check"], refresh),
        watch: knownOnly(handlers["watch"], (service) => told.has(service)),
      }),
  });
  return {
    close: () => {
      clearInterval(timer);
      for (const service of told.keys()) tell(service, false);
    },
  };
}

type Handler = Handlers[string];
type WatchCall = ServerWritableStream<{ service: string }, { status: string }>;

/** The library remembers every name that was ever watched. None is added later: it need not know others. */
const knownOnly = (handler: Handler | undefined, isKnown: (service: string) => boolean): Handler =>
  ((call: WatchCall) => {
    if (isKnown(call.request.service)) (handler as (call: WatchCall) => void)(call);
    else call.write({ status: "SERVICE_UNKNOWN" });
  }) as Handler;

/** The handler, run after `refresh`. */
const fresh = (handler: Handler | undefined, refresh: () => void): Handler =>
  ((call: never, callback: never) => {
    refresh();
    (handler as (call: never, callback: never) => void)(call, callback);
  }) as Handler;
