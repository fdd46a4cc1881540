/** Questions straight to a node, whatever proxy the environment names for the world outside. */
import { get } from "node:http";

/** The status of a GET. Rejects when no whole answer came, or the signal said stop. */
export const statusOf = (url: string, signal: AbortSignal): Promise<number> =>
  new Promise((resolve, reject) => {
    // Only Node's global agent, which fetch has one of too, knows of proxies.
    const sent = get(url, { agent: false, signal }, (answer) => {
      answer.on("error", reject);
      answer.on("end", () => resolve(answer.statusCode ?? 0));
      answer.resume();
    });
    sent.on("error", reject);
  });
