/** How many connections the REST port has, and who gives way when it has no more. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { FairSlots } from "../src/intake/fair-slots.ts";
import { createIntake } from "../src/intake/intake.ts";
import { openCredentials } from "../src/tls/credentials.ts";
import { certificateFolder } from "../test/support/certificates.ts";
import { openToAll } from "../test/support/open-access.ts";
import { silentLog, startSmallCluster } from "../test/support/small-cluster.ts";
import { startGateway } from "./gateway.ts";
import { createMetrics } from "./metrics.ts";

/** A gateway with three places for connections. */
async function startFull(isSecure = false) {
  const tls = isSecure ? await (await certificateFolder()).member("leader") : undefined;
  const cluster = await startSmallCluster();
  const { node, config } = cluster.leader;
  let nowMs = 0;
  // No newcomer comes too soon after the one before.
  const restConnections = new FairSlots({ max: 3, now: () => (nowMs += 1000) });
  const intake = { ...createIntake(), restConnections };
  const parts = { node, access: openToAll(), metrics: createMetrics({ intake }), log: silentLog };
  const credentials = tls && (await openCredentials({ tls, nodeId: "leader" }, silentLog));
  const gateway = await startGateway({
    ...{ ...parts, config: { ...config, tls, port: 0 } },
    ...{ intake, credentials },
  });
  onTestFinished(async () => {
    await gateway.close();
    credentials?.close();
    await cluster.close();
  });
  const open = async (localAddress: string): Promise<Socket> => {
    const raw = connect({ port: gateway.port, host: "127.0.0.1", localAddress });
    const socket = isSecure ? connectTls({ socket: raw, rejectUnauthorized: false }) : raw;
    for (const each of [raw, socket]) each.on("error", () => {});
    const ready = once(socket, isSecure ? "secureConnect" : "connect");
    // One that is cut off before it is ready has an error.
    await Promise.race([ready, once(raw, "close")]).catch(() => {});
    onTestFinished(() => void raw.destroy());
    return socket;
  };
  const get = async (socket: Socket, path = "/livez"): Promise<string> => {
    if (socket.destroyed) return "";
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const answered = Promise.race([once(socket, "data"), once(socket, "close")]);
    return String(await answered.catch(() => "")).slice(0, 12);
  };
  const write = async (): Promise<number> => {
    const written = await node.write({ operations: [{ key: "k", value: "1" }] });
    return written.ok ? written.value.version : 0;
  };
  return { intake, open, get, write };
}

test("one address that has all connections gets no more, and a probe from another one gets in", async () => {
  const { intake, open, get } = await startFull();
  const crowd: Socket[] = [];
  for (let count = 0; count < 3; count++) {
    const socket = await open("127.0.0.1");
    expect(await get(socket)).toBe("HTTP/1.1 200");
    crowd.push(socket);
  }
  const [oldest] = crowd;
  const gone = oldest && once(oldest, "close");
  expect(await get(await open("127.0.0.1"))).not.toContain("200");
  expect(await get(await open("127.0.0.2"))).toBe("HTTP/1.1 200");
  await gone;
  expect(intake.restConnections).toMatchObject({ count: 3, refused: 1, cut: 1 });
});

describe.each([
  ["in plaintext", false],
  ["with TLS", true],
])("%s, many addresses that have all connections", (_how, isSecure) => {
  const opened = "HTTP/1.1 200";

  test("give the place of the one that has been idle for longest to an address that has none", async () => {
    const { intake, open, get } = await startFull(isSecure);
    const crowd: Socket[] = [];
    for (const address of ["127.0.0.2", "127.0.0.3", "127.0.0.4"]) {
      const socket = await open(address);
      expect(await get(socket)).toBe(opened);
      crowd.push(socket);
    }
    const [first, second, third] = crowd as [Socket, Socket, Socket];
    expect(await get(first)).toBe(opened);
    const gone = once(second, "close");
    expect(await get(await open("127.0.0.5"))).toBe(opened);
    await gone;
    // Its own second one would leave another address without any.
    expect(await get(await open("127.0.0.5"))).not.toBe(opened);
    for (const socket of [first, third]) expect(await get(socket)).toBe(opened);
    expect(intake.restConnections).toMatchObject({ count: 3, refused: 1, cut: 1 });
  });

  test("keep one that waits for an answer, although its next request is half received", async () => {
    const { intake, open, get, write } = await startFull(isSecure);
    const waiting = await open("127.0.0.2");
    const answered = Promise.race([once(waiting, "data"), once(waiting, "close")]);
    const whole = "GET /read?key=k&minVersion=1 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const half = "PUT /write HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{";
    // In one piece, so that both have arrived once the first one waits.
    waiting.write(whole + half);
    while (intake.waitingReads.count === 0) await new Promise(setImmediate);
    for (const last of [3, 4, 5, 6]) expect(await get(await open(`127.0.0.${last}`))).toBe(opened);
    expect(await write()).toBe(1);
    expect(String(await answered)).toContain(opened);
    expect(intake.restConnections).toMatchObject({ count: 3, refused: 0, cut: 2 });
  });

  test("give the place of one whose last body was received after its answer", async () => {
    const { intake, open, get } = await startFull(isSecure);
    const first = await open("127.0.0.2");
    const head = "PUT /write HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n";
    first.write(`${head}Content-Length: 2\r\n\r\n{`);
    expect(String(await once(first, "data"))).toContain("415");
    first.write("}");
    const [second, third] = [await open("127.0.0.3"), await open("127.0.0.4")];
    for (const socket of [second, third]) expect(await get(socket)).toBe(opened);
    expect(await get(await open("127.0.0.5"))).toBe(opened);
    for (const socket of [second, third]) expect(await get(socket)).toBe(opened);
    expect(intake.restConnections).toMatchObject({ count: 3, refused: 0, cut: 1 });
  });

  test("keep those that wait for an answer, and no others", async () => {
    const { intake, open, get, write } = await startFull(isSecure);
    const silent = await open("127.0.0.2");
    const waiting = await open("127.0.0.3");
    const answers = [get(waiting, "/read?key=k&minVersion=1")];
    const halfSent = await open("127.0.0.4");
    // In one piece, so that both have arrived once the first one is answered.
    const whole = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const half = "Host: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{";
    halfSent.write(`${whole}PUT /write HTTP/1.1\r\n${half}`);
    await once(halfSent, "data");
    while (intake.waitingReads.count === 0) await new Promise(setImmediate);
    for (const [address, idle] of [
      ["127.0.0.5", silent],
      ["127.0.0.6", halfSent],
    ] as const) {
      const gone = once(idle, "close");
      const newcomer = await open(address);
      await gone;
      answers.push(get(newcomer, "/read?key=k&minVersion=1"));
    }
    while (intake.waitingReads.count < 3) await new Promise(setImmediate);
    expect(await get(await open("127.0.0.7"))).not.toBe(opened);
    expect(intake.restConnections).toMatchObject({ count: 3, refused: 1, cut: 2 });
    expect(await write()).toBe(1);
    expect(await Promise.all(answers)).toEqual([opened, opened, opened]);
  });
});
