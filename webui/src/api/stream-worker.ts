/**
 * The script of the shared worker: one hub of event streams for all tabs that show this node's page.
 * Vite builds it as a file of its own.
 */
import type { Source } from "./shared-stream.ts";
import { type HubPort, StreamHub } from "./stream-hub.ts";

const hub = new StreamHub((address) => new EventSource(address) as unknown as Source);

addEventListener("connect", (event) => {
  const [port] = (event as MessageEvent).ports;
  if (port === undefined) return;
  hub.join(port as unknown as HubPort);
  port.start();
});
