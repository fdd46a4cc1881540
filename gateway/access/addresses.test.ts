import { describe, expect, test } from "vitest";
import { isLoopback } from "../../src/config/loopback.ts";
import { isFromThisMachine } from "./addresses.ts";

describe("this machine", () => {
  test.each(["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])("%s", (address) => {
    expect(isLoopback(address)).toBe(true);
  });

  test.each([
    ...["", "10.0.0.1", "::ffff:10.0.0.1", "::", "0.0.0.0", "127.0.0.1.evil.example", "127."],
    ...["::2", "1127.0.0.1", "localhost", "unknown", "_hidden"],
  ])("not %j", (address) => {
    expect(isLoopback(address)).toBe(false);
  });

  test.each(["", "127.0.0.1", "127.0.0.1, ::1", '"[::1]:4711"', "127.0.0.1:80", "[::1]"])(
    "a proxy that says %j is believed, because it takes nothing away",
    (forwardedFor) => {
      expect(isFromThisMachine({ address: "127.0.0.1", forwardedFor })).toBe(true);
      expect(isFromThisMachine({ address: "10.0.0.1", forwardedFor })).toBe(false);
    },
  );

  test.each(["10.0.0.1", "127.0.0.1, 10.0.0.1", "unknown", ",", "[2001:db8::1]:80", "::1x"])(
    "what comes through a proxy from %j is not from here",
    (forwardedFor) => {
      expect(isFromThisMachine({ address: "::1", forwardedFor })).toBe(false);
    },
  );
});
