import { expect, test } from "vitest";
import type { Call, CellView, NodeView } from "./moments.ts";
import { storyOf } from "./story.ts";
import { callAt, durableEntries, nodeInWords, shortOutcome } from "./words.ts";

const cell = (sequence: number, state: CellView["state"]): CellView => ({
  ...{ sequence, epoch: 1, text: "a=1", state },
});

const node: NodeView = {
  ...{ id: "follower1", state: "up", role: "follower", leader: "leader" },
  ...{ epoch: 1, promisedEpoch: 3, promisedLeader: "follower2" },
  ...{ last: 4, committed: 2, applied: 1, diskState: "no space left" },
  cells: [cell(1, "applied"), cell(2, "durable"), cell(3, "received"), cell(4, "durable")],
  disk: [{ key: "a", value: "1", version: 1 }],
};

test("a node is told in full, and a node that is down by what its disk keeps", () => {
  expect(nodeInWords(node)).toBe(
    "follower1: follower, epoch 1, promised epoch 3; last 4, committed 2, applied 1; disk: no space left",
  );
  expect(nodeInWords({ ...node, state: "down" })).toBe(
    "follower1: down; its disk keeps entries 1–2, 4; a=1 at version 1",
  );
  expect(nodeInWords({ ...node, state: "down", cells: [], disk: [] })).toBe(
    "follower1: down; its disk keeps no entry; an empty store",
  );
});

test("what is only in memory is not among the entries that a crash leaves", () => {
  expect(durableEntries(node)).toBe("1–2, 4");
});

test("a call is shown from its beginning until a while after its answer", () => {
  const call: Call = {
    ...{ id: 1, node: "leader", text: "a=1", keys: ["a"] },
    ...{ calledAt: 5, answeredAt: 8, outcome: "version 1" },
  };
  const shownAt = [4, 5, 8, 12, 40].map((at) => callAt([call], "leader", at)?.id);
  expect(shownAt).toEqual([undefined, 1, 1, 1, undefined]);
  expect(callAt([call], "follower1", 6)).toBeUndefined();
  expect(callAt([{ ...call, answeredAt: undefined }], "leader", 9000)?.id).toBe(1);
  expect(shortOutcome("version 1, quorum 2, acks [follower1]")).toBe("version 1");
});

test("a story's file is told apart into prose, question, answer and commands", () => {
  const file = `# One write.
# It is answered.
? After how long?
! After 3 ms.

> cluster followers=3

# Then:
> write a=1
+3.0 ms  a=1: version 1
`;
  expect(storyOf(file)).toEqual({
    about: "One write. It is answered.",
    question: "After how long?",
    answer: "After 3 ms.",
    text: "> cluster followers=3\n\n# Then:\n> write a=1\n",
  });
});
