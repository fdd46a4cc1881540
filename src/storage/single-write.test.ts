import { expect, test } from "vitest";
import { type Done, SingleWrite } from "./single-write.ts";

function bench() {
  const single = new SingleWrite();
  const told: string[] = [];
  const ends: Done[] = [];
  const begin = (name: string, done: Done = () => {}): void =>
    single.begin(
      (ended) => ends.push(ended),
      (fault) => {
        told.push(`${name} ${fault?.reason ?? "flushed"}`);
        done(fault);
      },
    );
  const close = () => single.whenOver().then(() => told.push("closed"));
  return { single, told, begin, close, end: (fault?: { reason: string }) => ends.shift()?.(fault) };
}

test("closing waits for the write under way, and for one that its done begins", async () => {
  const { told, begin, close, end } = bench();
  begin("first", () => begin("second"));
  const closed = close();
  end({ reason: "no space" });
  await Promise.resolve();
  end();
  await closed;
  expect(told).toEqual(["first no space", "second flushed", "closed"]);
});

test("closing does not wait for a write that violated an invariant", async () => {
  const { single, told, begin, close, end } = bench();
  const broken = () => {
    throw new Error("broken");
  };
  expect(() => single.begin(broken, () => {})).toThrow("broken");
  await close();
  begin("another", broken);
  const closed = close();
  expect(() => end()).toThrow("broken");
  await closed;
  expect(told).toEqual(["closed", "another flushed", "closed"]);
});
