import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { liveBytes } from "../../test/support/heap.ts";
import {
  keepaliveMs,
  type LeaderEnd,
  silent,
  startFollower,
  startLeader,
} from "../../test/support/link-ends.ts";
import { GrpcNetwork } from "./network.ts";

const followerProgram = join(import.meta.dirname, "../../test/support/follower-process.ts");

const startProcess = async (wantedPort = 0) => {
  const child: ChildProcess = fork(followerProgram, [`${wantedPort}`], { execArgv: [] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  return { child, port, pid: child.pid };
};

/** Asks over the link which process is behind it. */
const askPid = async (end: LeaderEnd) => {
  end.link.send({ type: "fetchLog", epoch: 1, from: 1 });
  await end.until(({ received }) => received.length > 0);
  const [answer] = end.received;
  return answer?.type === "refusal" ? answer.promisedEpoch : undefined;
};

describe("a process behind a link", () => {
  test("that is killed closes it, and is met again when it is back", async () => {
    const first = await startProcess();
    const leader = startLeader(first.port);
    const here = await leader.links.next();
    expect(await askPid(here)).toBe(first.pid);
    const exited = once(first.child, "exit");
    first.child.kill("SIGKILL");
    const killedAt = performance.now();
    await here.until(({ closings }) => closings > 0);
    // Sooner than any keepalive would notice.
    expect(performance.now() - killedAt).toBeLessThan(keepaliveMs);
    await exited;
    const second = await startProcess(first.port);
    expect(await askPid(await leader.links.next())).toBe(second.pid);
    expect(here.closings).toBe(1);
  });

  test("that is frozen while dialled is met once it thaws", async () => {
    const { child, port, pid } = await startProcess();
    child.kill("SIGSTOP");
    // The first attempt runs out of time: only then does the process go on.
    const log = { ...silent, debug: () => void child.kill("SIGCONT") };
    const leader = startLeader(port, { log });
    expect(await askPid(await leader.links.next())).toBe(pid);
  });

  test("that is missing costs no memory, however often it is dialled", async () => {
    const { port, server } = await startFollower();
    await server.close();
    const attempts = { count: 0 };
    const log = { ...silent, debug: () => attempts.count++ };
    const nodes = [{ id: "follower1", host: "127.0.0.1", grpcPort: port }];
    const dials = Array.from({ length: 50 }, () => new GrpcNetwork({ nodes, log }));
    const opened = () => ({ received() {}, closed() {} });
    for (const network of dials) network.dial("follower1", opened);
    const heapMiB = async (attemptsMin: number) => {
      while (attempts.count < attemptsMin) await new Promise((resolve) => setTimeout(resolve, 10));
      return (await liveBytes()) / 1024 ** 2;
    };
    const before = await heapMiB(100);
    const after = await heapMiB(400);
    for (const network of dials) network.close();
    expect(after - before).toBeLessThan(20);
  });
});
