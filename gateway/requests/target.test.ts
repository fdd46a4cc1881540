import { expect, test } from "vitest";
import { readMemberPath } from "./target.ts";

test.each([
  ["/nodes/follower1", "/"],
  ["/nodes/follower1?x=1", "/?x=1"],
  ["/nodes/follower1/", "/"],
  ["/nodes/follower1/read?key=%2F..%5C", "/read?key=%2F..%5C"],
  ["/nodes/follower1/a/b.c/..d", "/a/b.c/..d"],
])("%s asks a member for %s", (url, target) => {
  expect(readMemberPath(url)).toEqual({ id: "follower1", target });
});

test.each(["/nodes/@leader/read?key=a", "/nodes/%40leader/read?key=a"])(
  "%s asks whoever leads",
  (url) => {
    expect(readMemberPath(url)).toEqual({ id: "@leader", target: "/read?key=a" });
  },
);

test.each([
  "/nodes",
  "/nodes/",
  "/nodes//read",
  "/nodes/../status",
  "/nodes/a.b/status",
  "/nodes/follower1/..",
  "/nodes/follower1/../../status",
  "/nodes/follower1/%2e%2e/status",
  "/nodes/follower1/.%2E/status",
  "/nodes/follower1/./status",
  "/nodes/follower1/a%2fb",
  "/nodes/follower1/a%5Cb",
  "/nodes/follower1/a\\b",
  "/nodes/follower1//other.example/",
  "/nodes/follower1@other.example/",
  "/nodes/@leaders/",
  "/nodes/@leader/nodes/@leader/status",
  "/nodes/follower1:80/",
  "/nodes/%66ollower1/status",
  "/nodes/follower1/nodes/leader/status",
  "/nodes/follower1/%6eodes/leader/status",
  "/nodes/follower1/nodes",
  "/nodes/follower1/%zz",
  "/nodes/follower1/status#x",
])("%s leads nowhere", (url) => {
  expect(readMemberPath(url)).toBeUndefined();
});
