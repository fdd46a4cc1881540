/**
 * Requests whose end two servers could see in different places. A server that carries out the second
 * request inside has taken somebody's body for a request.
 */
import { Buffer } from "node:buffer";

/** The key that only a smuggled request writes. */
export const smuggledKey = "smuggled";

const crlf = "\r\n";
const type = "Content-Type: application/json";

/** What an attacker hides in a body. */
function inner(path: string): string {
  const body = JSON.stringify({ key: smuggledKey, value: 1 });
  const head = [`PUT ${path} HTTP/1.1`, "Host: localhost", type, `Content-Length: ${body.length}`];
  return `${head.join(crlf)}${crlf}${crlf}${body}`;
}

/** Requests to a path, by the name of their trick. */
export function smugglingForms(path: string): ReadonlyMap<string, Buffer> {
  const hidden = inner(path);
  const chunk = `${hidden.length.toString(16)}${crlf}${hidden}${crlf}0${crlf}${crlf}`;
  const ended = `0${crlf}${crlf}${hidden}`;
  const request = (headers: readonly string[], body: string, version = "HTTP/1.1"): string =>
    [`PUT ${path} ${version}`, "Host: localhost", type, ...headers, "", body].join(crlf);
  const all: Record<string, string> = {
    "CL.TE": request([`Content-Length: ${ended.length}`, "Transfer-Encoding: chunked"], ended),
    "TE.CL": request(["Transfer-Encoding: chunked", "Content-Length: 4"], chunk),
    "TE.TE, an unknown coding last": request(
      ["Transfer-Encoding: chunked", "Transfer-Encoding: cow", "Content-Length: 4"],
      chunk,
    ),
    "an unknown coding": request(["Transfer-Encoding: xchunked", "Content-Length: 4"], chunk),
    "chunked, then identity": request(["Transfer-Encoding: chunked, identity"], ended),
    "a space before the colon": request(
      ["Transfer-Encoding : chunked", "Content-Length: 4"],
      ended,
    ),
    "a tab before the value": request(["Transfer-Encoding:\tchunked", "Content-Length: 4"], ended),
    "a vertical tab in the value": request(
      ["Transfer-Encoding: \u000bchunked", "Content-Length: 4"],
      ended,
    ),
    "a folded line": request([`Transfer-Encoding:${crlf} chunked`, "Content-Length: 4"], ended),
    "a folded first line": request([` X: y${crlf}Content-Length: 4`], `{}  ${hidden}`),
    "two lengths that differ": request(
      ["Content-Length: 4", "Content-Length: 99"],
      `{}  ${hidden}`,
    ),
    "two lengths in one": request(["Content-Length: 4, 99"], `{}  ${hidden}`),
    "a length with a sign": request(["Content-Length: +4"], `{}  ${hidden}`),
    "a negative length": request(["Content-Length: -4"], hidden),
    "a hexadecimal length": request(["Content-Length: 0x4"], `{}  ${hidden}`),
    "a length with a space inside": request(["Content-Length: 4 0"], `{}  ${hidden}`),
    "a length beyond 64 bits": request(["Content-Length: 18446744073709551620"], `{}  ${hidden}`),
    "bare line feeds": request(["X: y\nTransfer-Encoding: chunked"], ended),
    "a bare carriage return": request(["X: y\rTransfer-Encoding: chunked"], ended),
    "a NUL in a name": request(["Transfer-Encoding\0: chunked", "Content-Length: 4"], ended),
    "a chunk size beyond 64 bits": request(
      ["Transfer-Encoding: chunked"],
      `10000000000000004${crlf}{}  ${crlf}${ended}`,
    ),
    "a chunk size with 0x": request(
      ["Transfer-Encoding: chunked"],
      `0x4${crlf}{}  ${crlf}${ended}`,
    ),
    "a chunk size with a sign": request(
      ["Transfer-Encoding: chunked"],
      `-4${crlf}{}  ${crlf}${ended}`,
    ),
    "a line feed in a chunk extension": request(
      ["Transfer-Encoding: chunked"],
      `4;a\n{}  ${crlf}${ended}`,
    ),
    "chunk data longer than its size": request(
      ["Transfer-Encoding: chunked"],
      `2${crlf}{}  ${crlf}${ended}`,
    ),
    "HTTP/1.0 with chunks": request(
      ["Transfer-Encoding: chunked", "Content-Length: 4"],
      ended,
      "HTTP/1.0",
    ),
    "HTTP/0.9": `PUT ${path}${crlf}${hidden}`,
    "an unknown version": request(["Content-Length: 4"], `{}  ${hidden}`, "HTTP/2.7"),
    "a body behind GET": `GET ${path} HTTP/1.1${crlf}Host: localhost${crlf}Content-Length: ${hidden.length}${crlf}${crlf}${hidden}`,
    "a whole URL of another host": `PUT http://other.example${path} HTTP/1.1${crlf}Host: localhost${crlf}${type}${crlf}Content-Length: ${hidden.length}${crlf}${crlf}${hidden}`,
    "an upgrade to h2c": request(
      [
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAAQAAP__",
        `Content-Length: ${hidden.length}`,
      ],
      hidden,
    ),
    "a length that is said to end here": request(
      ["Connection: Content-Length", `Content-Length: ${hidden.length}`],
      hidden,
    ),
    "a coding that is said to end here": request(
      ["Connection: Transfer-Encoding", "Transfer-Encoding: chunked"],
      chunk,
    ),
    "a trailer with a length": request(
      ["Transfer-Encoding: chunked", "Trailer: Content-Length"],
      `2${crlf}{}${crlf}0${crlf}Content-Length: ${hidden.length}${crlf}Host: other.example${crlf}${crlf}`,
    ),
  };
  return new Map(Object.entries(all).map(([name, text]) => [name, Buffer.from(text, "latin1")]));
}

/** The statuses of all final answers in what came back on one connection. */
export const statusesIn = (text: string): number[] =>
  [...text.matchAll(/(?:^|[\n}])HTTP\/1\.1 (\d{3}) /g)]
    .map(([, status]) => Number(status))
    .filter((status) => status >= 200);
