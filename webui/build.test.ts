import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { buildPage } from "./build.ts";

const dist = join(import.meta.dirname, "dist");
/** With gzip. */
const playgroundBytesMax = 150 * 1024;

test("a page built once is not built again until its sources change", async () => {
  await buildPage();
  expect(await buildPage()).toEqual({ outcome: "fresh" });
});

test("the playground is one file of at most 150 KB, compressed", async () => {
  await buildPage();
  expect(readdirSync(dist)).toContain("playground.html");
  const html = readFileSync(join(dist, "playground.html"));
  expect(gzipSync(html, { level: 9 }).length).toBeLessThanOrEqual(playgroundBytesMax);
  // Nothing is loaded, from here or elsewhere: whatever it needs is a script, a style or a picture in it.
  const [page = ""] = html.toString().split("<script");
  expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
  expect(html.toString()).not.toMatch(/\bimport\(|\bfrom"|@import|url\((?!"?data:)/);
});
