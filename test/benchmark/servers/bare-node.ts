/** The least that Node can do for the answer of a read: over HTTP, or over TLS if given a folder with a certificate. */
import { readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { join } from "node:path";

const [port, certificates] = process.argv.slice(2);
const body = JSON.stringify({ key: "key-1", value: "v".repeat(64), version: 1 });
const answer: RequestListener = (_request, response) => {
  response.writeHead(200, {
    "Content-Type": "application/json",
    "Content-Length": body.length,
  });
  response.end(body);
};
const read = (folder: string, name: string) => readFileSync(join(folder, name));
const server =
  certificates === undefined
    ? createServer(answer)
    : createSecureServer(
        { cert: read(certificates, "clients.crt"), key: read(certificates, "clients.key") },
        answer,
      );
server.listen(Number(port), "127.0.0.1", () => process.stdout.write("listening\n"));
