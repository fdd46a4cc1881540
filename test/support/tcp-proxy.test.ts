import { once } from "node:events";
import { type AddressInfo, createServer, connect as openSocket, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

let proxy: TcpProxy;
let close: () => Promise<void>;
let client: Socket;

/** Sends a word through the proxy to a server that says it back, and counts the milliseconds. */
async function roundTrip(word: string): Promise<number> {
  const startedAt = performance.now();
  client.write(word);
  const [answer] = await once(client, "data");
  expect(String(answer)).toBe(word);
  return performance.now() - startedAt;
}

beforeEach(async () => {
  const echo = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  echo.listen(0, "127.0.0.1");
  await once(echo, "listening");
  proxy = await startTcpProxy(0, (echo.address() as AddressInfo).port);
  client = openSocket(proxy.port, "127.0.0.1");
  client.on("error", () => undefined);
  await once(client, "connect");
  close = async () => {
    client.destroy();
    await proxy.close();
    echo.close();
  };
});
afterEach(() => close());

test("bytes pass both ways", async () => {
  await roundTrip("hello");
});

test("a slowed direction takes that much longer", async () => {
  await roundTrip("warm");
  proxy.treat({ back: { delayMs: 80 } });
  expect(await roundTrip("slow")).toBeGreaterThan(75);
  proxy.heal();
});

test("a throttled direction passes no faster than told", async () => {
  proxy.treat({ forth: { bytesPerSecond: 10_000 } });
  // What comes next waits for the 100 ms of these bytes, some of which may be over by then.
  const together = (await roundTrip("x".repeat(1000))) + (await roundTrip("next"));
  expect(together).toBeGreaterThan(95);
});

test("what was held up arrives after the network heals", async () => {
  proxy.treat({ forth: { hold: true } });
  const answer = roundTrip("patience");
  const early = await Promise.race([answer, once(AbortSignal.timeout(100), "abort")]);
  expect(typeof early).not.toBe("number");
  proxy.heal();
  await answer;
});

test("a cut breaks connections, and a refusing proxy takes no new ones", async () => {
  await roundTrip("before");
  const closed = once(client, "close");
  proxy.cut({ refuse: true });
  await closed;
  const next = openSocket(proxy.port, "127.0.0.1");
  next.on("error", () => undefined);
  await once(next, "close");
  proxy.heal();
  client = openSocket(proxy.port, "127.0.0.1");
  await roundTrip("after");
});
