import { afterEach, expect, test, vi } from "vitest";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

test.each([
  ["/", "", ""],
  ["/index.html", "", ""],
  ["/some/path/", "/some/path", "/some/path"],
  ["/nodes/follower1/", "/nodes/follower1", ""],
  ["/some/path/nodes/follower1/", "/some/path/nodes/follower1", "/some/path"],
])("a page at %s calls its own node below %o, and others below %o", async (at, own, others) => {
  vi.stubGlobal("location", { pathname: at, origin: "http://host" });
  const { pathTo, urlTo } = await import("./place.ts");
  expect([pathTo("/"), pathTo("/read?key=a")]).toEqual([`${own}/`, `${own}/read?key=a`]);
  expect(pathTo("/nodes/leader/status")).toBe(`${others}/nodes/leader/status`);
  expect(urlTo("/nodes/leader/status")).toBe(`http://host${others}/nodes/leader/status`);
});
