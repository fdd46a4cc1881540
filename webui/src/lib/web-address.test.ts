import { expect, test } from "vitest";
import { webAddress } from "./web-address.ts";

test.each(["http://127.0.0.1:4567", "https://kv.example/a?b#c"])("%s is linked", (url) => {
  expect(webAddress(url)).toBe(url);
});

test.each([
  "",
  "javascript:alert(1)",
  " JaVaScRiPt:alert(1)",
  "data:text/html,x",
  "//host",
  "/path",
])("%j is not linked", (url) => {
  expect(webAddress(url)).toBeUndefined();
});
