import { expect, test } from "vitest";
import { Lifetime } from "./lifetime.ts";

test("a node that has ended refuses calls, and still performs what its end needs", () => {
  const lifetime = new Lifetime();
  lifetime.end("this node no longer leads");
  expect(lifetime).toMatchObject({ ended: "this node no longer leads", over: false });
});

test("the first reason of an end stays, and the end comes once", () => {
  const lifetime = new Lifetime();
  lifetime.end("this node no longer leads");
  lifetime.end("something else");
  expect(lifetime.finish()).toBe(true);
  expect(lifetime.finish()).toBe(false);
  expect(lifetime).toMatchObject({ ended: "this node no longer leads", over: true });
});

test("a lifetime that is over has a reason, even without one given", () => {
  const lifetime = new Lifetime();
  lifetime.beginClosing();
  expect(lifetime).toMatchObject({ closing: true, ended: undefined });
  lifetime.finish();
  expect(lifetime).toMatchObject({ closing: true, ended: "the node has stopped" });
});
