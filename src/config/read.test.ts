import { describe, expect, test } from "vitest";
import { readConfig, settingsTable } from "./read.ts";
import { ConfigError } from "./refusals.ts";

const three = { NODE_ID: "a", NODES: "a=127.0.0.1:5567,b=h:5568,c=[::1]:5569", LEADER: "a" };
const minimal = { ...three, WRITE_QUORUM: "2" };

function refusalOf(env: Record<string, string | undefined>): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("accepted");
}

describe("settings that are accepted", () => {
  test("everything but the three names of the cluster has its documented default", () => {
    expect(readConfig(minimal)).toEqual({
      nodeId: "a",
      nodes: [
        { id: "a", host: "127.0.0.1", grpcPort: 5567 },
        { id: "b", host: "h", grpcPort: 5568 },
        { id: "c", host: "[::1]", grpcPort: 5569 },
      ],
      leader: "a",
      failover: true,
      electionTimeout: 1000,
      readLease: false,
      forwardWrites: false,
      port: 4567,
      grpcPort: 5567,
      host: "127.0.0.1",
      advertiseUrl: "http://127.0.0.1:4567",
      allowedHosts: [],
      clusterSecrets: [],
      tokensFile: "",
      admin: false,
      metricsPort: undefined,
      auditLog: "",
      auditWrites: false,
      tls: undefined,
      insecure: false,
      dataDir: "",
      writeQuorum: 2,
      minDelay: 0,
      maxDelay: 0,
      timeout: 5000,
      idempotencySeconds: 600,
      idempotencyKeys: 100_000,
      logLevel: "info",
      faults: false,
      controlUrl: "",
      logRetention: 100_000,
    });
  });

  test("the config is frozen through and through", () => {
    const config = readConfig(minimal);
    expect([config, config.nodes, ...config.nodes].every(Object.isFrozen)).toBe(true);
  });

  test("an empty variable counts as not set", () => {
    expect(readConfig({ ...minimal, PORT: "", LOG_LEVEL: "", ADVERTISE_URL: "" })).toEqual(
      readConfig(minimal),
    );
  });

  test.each([
    ["PORT", "0", { port: 0 }],
    ["PORT", "65535", { port: 65_535 }],
    ["HOST", "127.1.2.3", { host: "127.1.2.3", insecure: false }],
    ["HOST", "::1", { host: "::1", advertiseUrl: "http://[::1]:4567" }],
    ["HOST", "localhost", { advertiseUrl: "http://localhost:4567" }],
    ["ADVERTISE_URL", "https://kv.example/a/", { advertiseUrl: "https://kv.example/a" }],
    ["TOKENS_FILE", "./tokens", { tokensFile: "./tokens" }],
    ["ADMIN", "1", { admin: true }],
    ["METRICS_PORT", "0", { metricsPort: 0 }],
    ["AUDIT_LOG", "-", { auditLog: "-" }],
    ["AUDIT_WRITES", "1", { auditWrites: true }],
    ["DATA_DIR", "./data/a", { dataDir: "./data/a" }],
    ["WRITE_QUORUM", "0", { writeQuorum: 0 }],
    ["MAX_DELAY", "60000", { maxDelay: 60_000 }],
    ["TIMEOUT", "1", { timeout: 1 }],
    ["IDEMPOTENCY_SECONDS", "1", { idempotencySeconds: 1 }],
    ["IDEMPOTENCY_KEYS", "1000000", { idempotencyKeys: 1_000_000 }],
    ["FORWARD_WRITES", "1", { forwardWrites: true }],
    ["TIMEOUT", "600000", { timeout: 600_000 }],
    ["LOG_LEVEL", "silent", { logLevel: "silent" }],
    ["FAULTS", "1", { faults: true }],
    ["LOG_RETENTION", "100", { logRetention: 100 }],
  ])("%s=%s", (name, value, expected) => {
    expect(readConfig({ ...minimal, [name]: value })).toMatchObject(expected);
  });

  test("a cluster of one needs no follower", () => {
    const alone = { NODE_ID: "a", NODES: " a=h:1 ", LEADER: "a", WRITE_QUORUM: "0" };
    expect(readConfig(alone).nodes).toEqual([{ id: "a", host: "h", grpcPort: 1 }]);
  });
});

const numbers = ["x", "-1", "1.5", "1e3", "0x10", " 1", "01", "+1", "99999999999999999999"];
const badValues: Record<string, readonly string[]> = {
  NODE_ID: ["a b", "a/b", "é", "x".repeat(65), "nobody"],
  NODES: [
    "a",
    ",",
    "a=h",
    "a=h:0",
    "a=h:65536",
    "a=h:1,",
    "a=h:x",
    "a=:1",
    "=h:1",
    "a b=h:1",
    "a=::1:5567",
    "a=[::g]:1",
    "a=[127.0.0.1]:1",
    "a=-h:1",
    "a=h/x:1",
    "a=h:1,a=i:1",
    "a=h:1,b=h:1",
  ],
  LEADER: ["a b", "nobody", "x".repeat(65)],
  FAILOVER: ["yes", "true", "2"],
  ELECTION_TIMEOUT: [...numbers, "99", "60001"],
  READ_LEASE: ["yes", "true", "2"],
  PORT: [...numbers, "65536"],
  GRPC_PORT: [...numbers, "65536"],
  HOST: ["banana", "256.0.0.1", "[::1]", "127.0.0.1:80", "http://x"],
  ADVERTISE_URL: [
    "kv",
    "ftp://h",
    "http:h",
    "http://",
    "http://u:p@h",
    "http://h?x=1",
    "http://h#x",
  ],
  ALLOWED_HOSTS: ["http://h", "h:80", "a b", "a,-b", "-h", "*"],
  CLUSTER_SECRET: [
    "0123456789abcde",
    "x".repeat(257),
    "0123456789abcdef\n",
    "0123456789abcdef,0123456789abcdef,0123456789abcdef",
    "0123456789abcdef,",
  ],
  TOKENS_FILE: ["a\0b"],
  ADMIN: ["yes", "true", "2"],
  METRICS_PORT: [...numbers, "65536"],
  AUDIT_LOG: ["a\0b"],
  AUDIT_WRITES: ["yes", "true", "2"],
  TLS_CERT: ["a\0b"],
  TLS_KEY: ["a\0b"],
  TLS_CA: ["a\0b"],
  CLIENT_TLS_CERT: ["a\0b"],
  CLIENT_TLS_KEY: ["a\0b"],
  CLIENT_TLS_CA: ["a\0b", "./ca"],
  TLS_MODE: ["off", "optional"],
  INSECURE: ["yes", "true", "2"],
  DATA_DIR: ["a\0b"],
  WRITE_QUORUM: [...numbers, "3"],
  MIN_DELAY: [...numbers, "60001", "1"],
  MAX_DELAY: [...numbers, "60001"],
  TIMEOUT: [...numbers, "0", "600001"],
  IDEMPOTENCY_SECONDS: [...numbers, "0", "86401"],
  IDEMPOTENCY_KEYS: [...numbers, "0", "1000001"],
  FORWARD_WRITES: ["yes", "true", "2"],
  LOG_LEVEL: ["loud", "INFO", "30"],
  FAULTS: ["yes", "true", "2"],
  CONTROL_URL: [
    "x",
    "https://127.0.0.1:1/t",
    "http://h:1/t",
    "http://127.0.0.2/",
    "http://u@127.0.0.1/",
  ],
  LOG_RETENTION: [...numbers, "99", "1000000001"],
};

describe("settings that stop the start", () => {
  test("every variable of the table is tried", () => {
    expect(Object.keys(badValues)).toEqual(settingsTable.map((row) => row.name));
  });

  const cases = Object.entries(badValues).flatMap(([name, values]) =>
    values.map((value): [string, string] => [name, value]),
  );
  test.each(cases)("%s=%j is refused in one sentence", (name, value) => {
    const message = refusalOf({ ...minimal, [name]: value });
    if (name === "CLUSTER_SECRET") {
      expect(message).toMatch(/^CLUSTER_SECRET must be .+; its value is not shown\.$/);
      expect(message).not.toContain(value.slice(0, 15));
      return;
    }
    expect(message).toMatch(new RegExp(`^${name} is ".*", but .*must .+\\.$`));
    expect(message).toContain(value.length > 200 ? "" : JSON.stringify(value));
    expect(message).not.toContain("\n");
  });

  test.each(["NODE_ID", "NODES", "LEADER"])("a missing %s is named", (name) => {
    expect(refusalOf({ ...minimal, [name]: undefined })).toMatch(
      new RegExp(`^${name} is not set; it must be .+\\.$`),
    );
  });

  test("the default quorum of 3 is refused where there are only two followers", () => {
    expect(refusalOf(three)).toBe(
      'WRITE_QUORUM is "3", but must be a whole number from 0 to 2, ' +
        "the number of followers in NODES.",
    );
  });

  test("a read lease is refused where nobody else can lead", () => {
    expect(readConfig({ ...minimal, READ_LEASE: "1" }).readLease).toBe(true);
    expect(refusalOf({ ...minimal, FAILOVER: "0", READ_LEASE: "1" })).toMatch(
      /^READ_LEASE is "1", but must be 0 while FAILOVER is 0: .+\.$/,
    );
  });

  test("delays that cross are refused, naming both", () => {
    expect(refusalOf({ ...minimal, MIN_DELAY: "20", MAX_DELAY: "10" })).toBe(
      'MIN_DELAY is "20", but must be at most MAX_DELAY, which is 10.',
    );
  });
});

test("CLUSTER_SECRET is one secret, or two while it is replaced; the first one proves", () => {
  const secret = "0123456789abcdef";
  const read = (text: string) => readConfig({ ...minimal, CLUSTER_SECRET: text }).clusterSecrets;
  expect(read("")).toEqual([]);
  expect(read(secret)).toEqual([secret]);
  expect(read(`${secret},${"x".repeat(256)}`)).toEqual([secret, "x".repeat(256)]);
});
