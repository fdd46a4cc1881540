import { join } from "node:path";
import type { Server } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import { protoPath as healthProtoPath } from "grpc-health-check";

export const kvServiceName = "quorumkv.v1.KV";

const protoDirectory = join(import.meta.dirname, "../../proto");

/** Lets generic clients, such as grpcurl, ask the port what it serves to the public. */
export const addReflection = (server: Server): void => {
  const files = ["quorumkv/v1/kv.proto", healthProtoPath];
  const definition = loadSync(files, { includeDirs: [protoDirectory], keepCase: true });
  const services = [kvServiceName, "grpc.health.v1.Health"];
  new ReflectionService(definition, { services }).addToServer(server);
};
