import type { Server } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import type { KvNode } from "../node/api.ts";
import { kvServiceName } from "./reflection.ts";

/** How soon those who watch the health learn of a change, in milliseconds. */
const watchMs = 250;

type Handlers = Parameters<Server["addService"]>[1];

/** The standard health service: SERVING exactly while the node is ready. */
export const addHealth = (server: Server, node: KvNode): { close(): void } => {
  const health = new HealthImplementation();
  let told: boolean | undefined;
  const tell = (ready: boolean) => {
    if (ready === told) return;
    told = ready;
    for (const service of ["", kvServiceName]) {
      health.setStatus(service, ready ? "SERVING" : "NOT_SERVING");
    }
  };
  const refresh = () => tell(node.status().ready);
  refresh();
  const timer = setInterval(refresh, watchMs);
  health.addToServer({
    // A check asks the node itself, so that it is never out of date.
    addService: (definition, handlers: Handlers) =>
      server.addService(definition, { ...handlers, check: fresh(handlers["check"], refresh) }),
  });
  return {
    close: () => {
      clearInterval(timer);
      tell(false);
    },
  };
};

type Handler = Handlers[string];

const fresh = (handler: Handler | undefined, refresh: () => void): Handler =>
  ((call: never, callback: never) => {
    refresh();
    (handler as (call: never, callback: never) => void)(call, callback);
  }) as Handler;
