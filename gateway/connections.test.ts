/** How many connections the REST port has, and who gives way when it has no more. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { FairSlots } from "../src/intake/fair-slots.ts";
import { createIntake } from "../src/intake/intake.ts";
import { openToAll } from "../test/support/open-access.ts";
import { silentLog, startSmallCluster } from "../test/support/small-cluster.ts";
import { startGateway } from "./gateway.ts";
import { createMetrics } from "./metrics.ts";

test("one address that has all connections gets no more, and a probe from another one gets in", async () => {
  const cluster = await startSmallCluster();
  const { node, config } = cluster.leader;
  const intake = { ...createIntake(), restConnections: new FairSlots({ max: 3 }) };
  const parts = { node, access: openToAll(), metrics: createMetrics({ intake }), log: silentLog };
  const gateway = await startGateway({ ...parts, config: { ...config, port: 0 }, intake });
  onTestFinished(async () => {
    await gateway.close();
    await cluster.close();
  });
  const open = async (localAddress: string): Promise<Socket> => {
    const socket = connect({ port: gateway.port, host: "127.0.0.1", localAddress });
    socket.on("error", () => {});
    await once(socket, "connect");
    return socket;
  };
  const get = async (socket: Socket): Promise<string> => {
    socket.write("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const [answer] = await Promise.race([once(socket, "data"), once(socket, "close")]);
    return String(answer).slice(0, 12);
  };
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
