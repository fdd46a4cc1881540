import { expect, test } from "vitest";
import type { Entry, LeaderMessage } from "../../replication/types.ts";
import { decodeLeaderMessage, encodeLeaderMessage } from "../codec.ts";

const append = (value: string): LeaderMessage => {
  const operations = [{ key: "key", value: JSON.stringify(value) }];
  const entry: Entry = { sequence: 1, epoch: 1, origin: 1, operations };
  return { type: "append", epoch: 1, entries: [entry], committed: 0 };
};

test("the bytes of a message stay what they are, whatever is written after it", () => {
  const values = ["a", "b".repeat(70_000), "c", "d".repeat(1_048_574), "é", ""];
  const messages = values.map(append);
  const written = messages.map(encodeLeaderMessage);
  for (const [index, message] of messages.entries())
    expect(decodeLeaderMessage(written[index] as Buffer)).toEqual(message);
});

test("a message that cannot be written leaves no trace in the next one", () => {
  const broken = { ...append("x"), committed: 0.5 } as LeaderMessage;
  expect(() => encodeLeaderMessage(broken)).toThrow();
  const next = append("y");
  expect(decodeLeaderMessage(encodeLeaderMessage(next))).toEqual(next);
});
