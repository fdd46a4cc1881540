/** What an open connection keeps of the requests that it has carried. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { beginExchange, newestExchange } from "./exchanges.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

test("an open connection keeps nothing of a request that has its answer", async () => {
  let asked: WeakRef<IncomingMessage> | undefined;
  let wasNewest = false;
  const server = createServer((request, response) => {
    beginExchange(request, response);
    asked = new WeakRef(request);
    wasNewest = newestExchange(request.socket)?.request === request;
    request.resume();
    request.on("end", () => response.end("ok"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  try {
    client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    await once(client, "data");
    expect(wasNewest).toBe(true);
    // What a turn has looked at stays until its end; each step is a turn.
    for (let step = 0; step < 100 && asked?.deref() !== undefined; step++) {
      await new Promise((resolve) => setImmediate(resolve));
      collectGarbage();
    }
    const isKept = asked?.deref() !== undefined;
    expect(isKept).toBe(false);
    expect(client.destroyed).toBe(false);
  } finally {
    client.destroy();
    server.close();
  }
});
