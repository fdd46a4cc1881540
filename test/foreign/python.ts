/** Python's code of our `.proto` files, and the Python that runs it. */
import { join } from "node:path";
import { findProgram } from "../support/programs.ts";
import { root } from "../tools/documents.ts";
import { findPython, generate } from "./tools.ts";

const proto = join(root, "proto");
const support = join(root, "test/support");
const health = join(root, "node_modules/grpc-health-check/proto");

const protoc = findProgram("protoc");
const plugin = findProgram("grpc_python_plugin");
const python = findPython("grpc, google.protobuf");

/** What a test with Python needs. */
export const pythonNeeds = { protoc, grpc_python_plugin: plugin, "grpc for Python": python };

/** Generates the code into a folder, and returns the command that runs a program of this folder. */
export function pythonClient(name: string, into: string): readonly [string, string, string] {
  generate({
    ...{ protoc: `${protoc}`, roots: [proto, support, health] },
    files: [
      ...["kv", "replication"].map((file) => join(proto, `quorumkv/v1/${file}.proto`)),
      join(support, "google-rpc.proto"),
      join(health, "health/v1/health.proto"),
    ],
    into: [
      `--plugin=protoc-gen-grpc_python=${plugin}`,
      `--python_out=${into}`,
      `--grpc_python_out=${into}`,
    ],
  });
  return [`${python}`, join(import.meta.dirname, name), into];
}
