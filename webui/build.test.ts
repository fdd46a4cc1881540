import { expect, test } from "vitest";
import { buildPage } from "./build.ts";

test("a page built once is not built again until its sources change", async () => {
  await buildPage();
  expect(await buildPage()).toEqual({ outcome: "fresh" });
});
