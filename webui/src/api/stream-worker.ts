/** The shared worker: one hub of event streams for all tabs of this node's page. */
import { type HubPort, type Source, StreamHub } from "./stream-hub.ts";

const hub = new StreamHub((address) => new EventSource(address) as unknown as Source);

addEventListener("connect", (event) => {
  const [port] = (event as MessageEvent).ports;
  if (port === undefined) return;
  hub.join(port as unknown as HubPort);
  port.start();
});
