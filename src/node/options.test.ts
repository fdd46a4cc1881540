import { expect, test } from "vitest";
import { gatewayUrl, type NodeSettings } from "./options.ts";

const nodes = [
  { id: "a", host: "10.0.0.1", grpcPort: 5567 },
  { id: "b", host: "[fd00::2]", grpcPort: 5568 },
  { id: "c", host: "kv-c", grpcPort: 65_000 },
];
const config = { nodes, port: 4567, grpcPort: 5567 } as unknown as NodeSettings;

test("a member's gateway is on the host of NODES, and only its port and TLS are taken from what it tells", () => {
  const told = (url: string) => gatewayUrl(config, "a", url);
  expect(told("http://stranger.example:9000/x?y")).toBe("http://10.0.0.1:9000");
  expect(told("http://user:secret@stranger.example:9000")).toBe("http://10.0.0.1:9000");
  expect(told("http://stranger.example")).toBe("http://10.0.0.1:80");
  expect(told("https://stranger.example")).toBe("https://10.0.0.1:443");
  expect(gatewayUrl(config, "b", "http://[::1]:9")).toBe("http://[fd00::2]:9");
});

test("what names no port is not taken, and the port is guessed from the settings here", () => {
  for (const url of [undefined, "", "javascript:alert(1)", "ftp://a:9000", "//a:9000", "a:9000"])
    expect(gatewayUrl(config, "a", url), url).toBe("http://10.0.0.1:4567");
  expect(gatewayUrl(config, "b")).toBe("http://[fd00::2]:4568");
});

test("there is no address of a stranger, nor with a port that none can have", () => {
  expect(gatewayUrl(config, "stranger", "http://a:1")).toBeUndefined();
  expect(gatewayUrl(config, "a", "http://a:0")).toBeUndefined();
  const far = { ...config, port: 9000 } as NodeSettings;
  expect(gatewayUrl(far, "c")).toBeUndefined();
});
