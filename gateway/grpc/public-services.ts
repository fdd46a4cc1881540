/** Everything that the gRPC port offers to the public: the KV service, health and reflection. */
import { join } from "node:path";
import type { Server, ServerDuplexStream } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import { protoPath as healthProtoPath } from "grpc-health-check";
import type { Access } from "../access/access.ts";
import { kvDefinition, kvServiceName } from "./definition.ts";
import { toServiceError } from "./failures.ts";
import { addHealth } from "./health.ts";
import { createKvService, type KvServiceOptions } from "./service.ts";
import { visitOf } from "./visits.ts";

const protoDirectory = join(import.meta.dirname, "../../proto");

/** Returns a function for `GrpcServer.serve`, which adds the services to the server given to it. */
export const publicServices =
  (options: KvServiceOptions) =>
  (server: Server): { close(): void } => {
    server.addService(kvDefinition, createKvService(options));
    addReflection(server, options.access);
    return addHealth(server, options.node);
  };

/** The library exports no name for the handlers of a service. */
type Handlers = Parameters<Server["addService"]>[1];
type Handler = Handlers[string];
type Call = ServerDuplexStream<unknown, unknown>;
type StreamHandler = (call: Call) => void;

/** The handler of a stream, for callers who may read. */
const forReaders =
  (handle: Handler, access: Access): StreamHandler =>
  (call) => {
    const visit = visitOf(access, call, "read");
    if (visit.objection === undefined) {
      (handle as StreamHandler)(call);
      return;
    }
    access.ended(visit, "read", visit.objection.code);
    call.emit("error", toServiceError(visit.objection));
  };

/** Lets generic clients, such as grpcurl, ask which public services the port has, if they may read. */
function addReflection(server: Server, access: Access): void {
  const files = ["quorumkv/v1/kv.proto", healthProtoPath];
  const definition = loadSync(files, { includeDirs: [protoDirectory], keepCase: true });
  const services = [kvServiceName, "grpc.health.v1.Health"];
  new ReflectionService(definition, { services }).addToServer({
    addService: (added, handlers: Handlers) =>
      server.addService(
        added,
        mapValues(handlers, (handle) => forReaders(readingNoFaster(handle), access)),
      ),
  });
}

/** The handler of a stream, which reads no further while its client leaves answers unread. */
const readingNoFaster = (handler: Handler): Handler =>
  ((call: Call) => {
    const write = call.write.bind(call) as (answer: unknown) => boolean;
    call.write = (answer: unknown) => {
      const hasRoom = write(answer);
      if (!hasRoom) call.pause();
      return hasRoom;
    };
    call.on("drain", () => call.resume());
    (handler as StreamHandler)(call);
  }) as Handler;

const mapValues = (handlers: Handlers, map: (handler: Handler) => Handler): Handlers =>
  Object.fromEntries(Object.entries(handlers).map(([name, handler]) => [name, map(handler)]));
