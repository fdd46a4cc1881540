import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { OwnNames } from "./own-names.ts";

const names = new OwnNames({
  nodes: [
    { id: "a", host: "kv-a.internal", grpcPort: 1 },
    { id: "b", host: "[::1]", grpcPort: 2 },
  ],
  advertiseUrl: "https://kv.example",
  allowedHosts: ["Balancer"],
});

interface Asked {
  readonly host?: string;
  readonly origin?: string;
  readonly site?: string;
  readonly method?: string;
  readonly url?: string;
}

function codeOf({ host, origin, site, method = "GET", url = "/read?key=a" }: Asked) {
  const request = new IncomingMessage(new Socket());
  Object.assign(request, { method, url, headers: { host, origin, "sec-fetch-site": site } });
  return names.objection(request)?.code;
}

describe("Host", () => {
  test.each([
    ...["localhost", "localhost:4567", "LOCALHOST:1", "localhost.", "127.0.0.1:4567", "10.1.2.3"],
    ...[
      "[::1]:4567",
      "[fe80::1]",
      "kv.example",
      "KV.example:443",
      "kv-a.internal:4567",
      "balancer:80",
    ],
  ])("%s is this node", (host) => {
    expect(codeOf({ host })).toBeUndefined();
    expect(codeOf({ host, method: "PUT", url: "/write" })).toBeUndefined();
  });

  test.each([
    ...["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "kv.example.evil", "a"],
    ...[
      "",
      " ",
      "localhost@evil.example",
      "localhost:80@evil.example",
      "localhost/evil",
      "localhost#",
    ],
    ...[
      "localhost:x",
      "localhost:99999",
      "[::1",
      "localhost, evil.example",
      "x\tlocalhost",
      "%6cocalhost",
    ],
  ])("%j is not", (host) => {
    expect(codeOf({ host })).toBe("MISDIRECTED");
  });

  test("HTTP/1.0 may leave it out", () => {
    expect(codeOf({})).toBeUndefined();
  });
});

describe("Origin", () => {
  const host = "localhost:4567";
  const changing = [
    { method: "PUT", url: "/write" },
    { method: "POST", url: "/write/batch" },
    { method: "DELETE", url: "/write" },
    { method: "PATCH", url: "/config" },
    { method: "POST", url: "/nodes/a/leader" },
    { method: "GET", url: "/events" },
    { method: "GET", url: "/watch?prefix=a" },
    { method: "GET", url: "/nodes/b/events?after=1" },
    { method: "GET", url: "/read?key=a&after=1&wait=30s" },
    { method: "GET", url: "/nodes/b/read?%77a%69t=30s&after=1" },
  ];
  const strange = [
    ...["http://evil.example", "null", "http://localhost", "http://localhost:4568", "file://"],
    ...["http://127.0.0.1:4567", "http://localhost:4567.evil.example", "http://localhost:4567/"],
    ...["http://localhost:4567@evil.example", "ftp://localhost:4567", "javascript:alert(1)", ""],
  ];
  test.each(changing)("$method $url takes no call of a page elsewhere", (call) => {
    for (const origin of strange)
      expect(codeOf({ host, origin, ...call }), origin).toBe("MISDIRECTED");
    expect(codeOf({ host, origin: "http://localhost:4567", ...call })).toBeUndefined();
    expect(codeOf({ host, ...call })).toBeUndefined();
  });

  test("where there is none, a browser says where a call starts", () => {
    for (const call of changing) {
      for (const site of ["cross-site", "same-site", "else"])
        expect(codeOf({ host, site, ...call }), site).toBe("MISDIRECTED");
      for (const site of ["same-origin", "none"])
        expect(codeOf({ host, site, ...call }), site).toBeUndefined();
    }
    expect(codeOf({ host, site: "cross-site" })).toBeUndefined();
  });

  test("a page behind a proxy names the address that ADVERTISE_URL has", () => {
    const [call] = changing;
    expect(
      codeOf({ host: "10.0.0.1:4567", origin: "https://kv.example", ...call }),
    ).toBeUndefined();
    expect(codeOf({ host: "kv.example", origin: "https://kv.example", ...call })).toBeUndefined();
  });

  test("a plain read passes: its answer is of no use to a page elsewhere", () => {
    expect(codeOf({ host, origin: "http://evil.example" })).toBeUndefined();
  });
});
