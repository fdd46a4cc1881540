import { expect, test } from "vitest";
import { readOptions } from "./command-line.ts";
import { diedLine, invitation, logLine, readyLine } from "./messages.ts";
import { planCluster } from "./plan.ts";

const [node] = planCluster(readOptions([]), {});
if (node === undefined) throw new Error("no leader");

test("a node's lines start with its id", () => {
  expect(readyLine(node, 42)).toBe("leader     ready at http://127.0.0.1:4567, gRPC 5567, pid 42");
  expect(diedLine(node, { cause: "signal SIGKILL", restartInMs: 500 })).toBe(
    "leader     died (signal SIGKILL) and starts again in 0.5 s",
  );
});

test("with elections, the write that is offered goes to whoever leads", () => {
  expect(invitation(node).join("\n")).toContain("http://127.0.0.1:4567/nodes/@leader/write ");
  const [fixed = node] = planCluster(readOptions([]), { FAILOVER: "0" });
  expect(invitation(fixed).join("\n")).toContain("curl -X PUT http://127.0.0.1:4567/write ");
});

test.each([
  ['{"level":"warn","msg":"slow disk"}', "warn: slow disk"],
  ['{"level":"fatal","msg":"the node stops","reason":"disk"}', "fatal: the node stops: disk"],
  ['{"level":"error","msg":"failed","err":{"message":"why"}}', "error: failed: why"],
  ["plain text", "plain text"],
  ["{not json", "{not json"],
  ['{"a":1}', '{"a":1}'],
])("the log line %s is shown as %j", (line, shown) => {
  expect(logLine(node, line)).toBe(`leader     ${shown}`);
});
