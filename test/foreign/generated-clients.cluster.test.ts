/** The `.proto` files, as users of other languages take them: generated, compiled, and run. */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { findProgram, need } from "../support/programs.ts";
import { startSmallCluster } from "../support/small-cluster.ts";
import { pythonClient, pythonNeeds } from "./python.ts";
import { generate } from "./tools.ts";

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const root = pathOf("../../proto");
const ours = ["kv", "replication"].map((name) => join(root, `quorumkv/v1/${name}.proto`));
const scratch = mkdtempSync(join(tmpdir(), "quorum-kv-foreign-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
/** Compilers of other languages, on a machine under load. */
const slow = { timeout: 600_000 };

const protoc = findProgram("protoc");
const folder = (name: string) => {
  const path = join(scratch, name);
  mkdirSync(path, { recursive: true });
  return path;
};

test("a Python client writes, reads, and learns why it was refused", slow, async (context) => {
  need(context, pythonNeeds);
  const [python, ...args] = pythonClient("client.py", folder("python"));
  const cluster = await startSmallCluster({ followers: 1, settings: { timeout: 10_000 } });
  onTestFinished(() => cluster.close());
  const { grpcPort } = cluster.leader.config;
  const options = { timeout: 300_000 };
  const { stdout } = await promisify(execFile)(python, [...args, `${grpcPort}`], options);
  const refused = { same: true, domain: "quorumkv", retry: 0 };
  expect(JSON.parse(stdout)).toEqual({
    ...{ version: 1, value: '"é"', echoed: true, watched: "python" },
    mismatch: {
      ...refused,
      ...{ status: "ABORTED", code: "VERSION_MISMATCH", reason: "VERSION_MISMATCH" },
      details: ["google.rpc.ErrorInfo"],
      metadata: { key: "python", version: "1" },
    },
    hostile: "VERSION_MISMATCH",
    recovering: {
      ...refused,
      ...{ status: "UNAVAILABLE", code: "RECOVERING", reason: "RECOVERING", retry: 1 },
      details: ["google.rpc.ErrorInfo", "google.rpc.RetryInfo"],
      metadata: {},
    },
  });
});

test("Go code is generated from the files as they are, and compiles", slow, (context) => {
  const sources = "/usr/share/gocode";
  const library = join(sources, "src/google.golang.org/protobuf");
  const needed = {
    ...{ protoc, go: findProgram("go"), "protoc-gen-go": findProgram("protoc-gen-go") },
    "golang-google-protobuf-dev": existsSync(library) ? library : undefined,
  };
  need(context, needed);
  const into = folder("go/src");
  generate({ protoc: `${protoc}`, roots: [root], files: ours, into: [`--go_out=${into}`] });
  expect(readdirSync(join(into, "quorumkv/v1")).toSorted()).toEqual([
    "kv.pb.go",
    "replication.pb.go",
  ]);
  const env = {
    ...process.env,
    ...{ GO111MODULE: "off", GOFLAGS: "", GOCACHE: folder("go/cache") },
    GOPATH: `${folder("go")}:${sources}`,
  };
  execFileSync(`${needed.go}`, ["build", "quorumkv/v1"], { env });
});

test("Java code is generated without two names that differ in case only", slow, (context) => {
  need(context, { protoc });
  const into = folder("java");
  const plugin = findProgram("grpc_java_plugin");
  const services = [`--plugin=protoc-gen-grpc-java=${plugin}`, `--grpc-java_out=${into}`];
  generate({
    ...{ protoc: `${protoc}`, roots: [root], files: ours },
    into: [`--java_out=${into}`, ...(plugin === undefined ? [] : services)],
  });
  const files = readdirSync(join(into, "quorumkv/v1"));
  expect(files).toContain("KvProto.java");
  expect(new Set(files.map((name) => name.toLowerCase())).size).toBe(files.length);
  const [javac, library] = [findProgram("javac"), "/usr/share/java/protobuf.jar"];
  if (javac === undefined || !existsSync(library)) {
    console.log("not compiled: javac or libprotobuf-java is not installed");
    return;
  }
  const messages = files.filter((name) => !name.endsWith("Grpc.java"));
  execFileSync(javac, [
    ...["-nowarn", "-proc:none", "-cp", library, "-d", folder("classes")],
    ...messages.map((name) => join(into, "quorumkv/v1", name)),
  ]);
});
