import { describe, expect, test } from "vitest";
import { readConfig } from "./read.ts";
import { ConfigError } from "./refusals.ts";

const minimal = { NODE_ID: "a", NODES: "a=h:1,b=h:2", LEADER: "a", WRITE_QUORUM: "1" };
const member = { TLS_CERT: "a.crt", TLS_KEY: "a.key", TLS_CA: "ca.crt" };
const guarded = { ...member, TOKENS_FILE: "tokens" };

function refusalOf(env: Record<string, string | undefined>): string {
  try {
    readConfig({ ...minimal, ...env });
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("accepted");
}
const read = (env: Record<string, string>) => readConfig({ ...minimal, ...env });

describe("files of TLS", () => {
  test("clients are shown the member's certificate unless they have one of their own", () => {
    const files = { cert: "a.crt", key: "a.key", ca: "ca.crt" };
    expect(read(member).tls).toEqual({ member: files, client: files, permissive: false });
    const own = { CLIENT_TLS_CERT: "c.crt", CLIENT_TLS_KEY: "c.key" };
    expect(read({ ...member, ...own }).tls?.client).toEqual({
      cert: "c.crt",
      key: "c.key",
      ca: "ca.crt",
    });
  });

  test.each(Object.keys(member))("a missing %s is named", (name) => {
    expect(refusalOf({ ...member, [name]: "" })).toMatch(
      new RegExp(`^${name} is not set, but must be a path while .+\\.$`),
    );
  });

  test("a certificate for clients needs its key, and TLS between nodes", () => {
    expect(refusalOf({ ...member, CLIENT_TLS_CERT: "c" })).toMatch(/^CLIENT_TLS_KEY is not set/);
    expect(refusalOf({ CLIENT_TLS_CERT: "c", CLIENT_TLS_KEY: "k" })).toBe(
      'CLIENT_TLS_CERT is "c", but must be empty while TLS_CERT is not set.',
    );
  });

  test("a node that speaks TLS alone advertises nothing else", () => {
    expect(read(member).advertiseUrl).toBe("https://127.0.0.1:4567");
    expect(read({ ...member, TLS_MODE: "permissive" }).advertiseUrl).toBe("http://127.0.0.1:4567");
    expect(refusalOf({ ...member, ADVERTISE_URL: "http://h" })).toMatch(
      /^ADVERTISE_URL is "http:\/\/h", but must be an https:\/\/ URL: .+\.$/,
    );
  });
});

describe("a host that other machines reach", () => {
  test.each(["0.0.0.0", "::", "10.0.0.1", "::ffff:10.0.0.1"])(
    "%s is refused without TLS",
    (HOST) => {
      expect(refusalOf({ HOST })).toBe(
        `HOST is "${HOST}", which other machines reach, but TLS_CERT is not set and ` +
          "TOKENS_FILE is not set: set TLS_CERT, TLS_KEY, TLS_CA and TOKENS_FILE, " +
          "or INSECURE=1 to serve whoever reaches the ports.",
      );
    },
  );

  test.each([
    ["tokens", member, "TOKENS_FILE is not set"],
    ["TLS", { TOKENS_FILE: "tokens" }, "TLS_CERT is not set"],
    ["required TLS", { ...guarded, TLS_MODE: "permissive" }, "TLS_MODE is permissive"],
  ])("is refused without %s", (_, env, lacks) => {
    expect(refusalOf({ HOST: "0.0.0.0", ...env })).toContain(`reach, but ${lacks}: set`);
  });

  test("is served with both, and with INSECURE=1", () => {
    expect(read({ HOST: "0.0.0.0", ...guarded }).insecure).toBe(false);
    expect(read({ HOST: "0.0.0.0", ...guarded, INSECURE: "1" }).insecure).toBe(false);
    expect(read({ HOST: "0.0.0.0", INSECURE: "1" }).insecure).toBe(true);
  });

  test.each(["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "localhost"])(
    "%s is reached from this machine alone",
    (HOST) => expect(read({ HOST, INSECURE: "1" }).insecure).toBe(false),
  );
});
