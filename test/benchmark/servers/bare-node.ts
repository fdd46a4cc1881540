/**
 * The least that Node can do for the answer of a read, with all its headers: over HTTP, or over TLS if given a folder with
 * a certificate.
 */
import { readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { join } from "node:path";

const [port, certificates] = process.argv.slice(2);
const body = JSON.stringify({ key: "key-1", value: "v".repeat(64), version: 1 });
const headers = [
  ...["X-KV-Node", "leader", "X-KV-Role", "leader", "X-KV-Sequence", "1000"],
  ...["X-Content-Type-Options", "nosniff", "Cross-Origin-Resource-Policy", "same-origin"],
  ...["Cache-Control", "no-store"],
  "Content-Security-Policy",
  "default-src 'none'; frame-ancestors 'none'; sandbox",
  ...["ETag", '"1"', "Content-Type", "application/json"],
  ...["Content-Length", String(body.length)],
];
const answer: RequestListener = (_request, response) => {
  response.writeHead(200, headers);
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
// As long as this store keeps an idle connection.
server.keepAliveTimeout = 60_000;
server.listen(Number(port), "127.0.0.1", () => process.stdout.write("listening\n"));
