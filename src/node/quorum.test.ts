import { expect, test } from "vitest";
import { checkQuorum } from "./quorum.ts";

const member = (id: string) => ({ id, host: id, grpcPort: 1 });
const config = { nodes: ["leader", "follower1", "follower2"].map(member) };

test("a quorum is a whole number from 0 to the number of followers", () => {
  for (const quorum of [0, 1, 2]) expect(checkQuorum("quorum", quorum, config)).toBeUndefined();
  for (const quorum of [-1, 0.5, 3, Number.NaN])
    expect(checkQuorum("quorum", quorum, config)?.failure).toEqual({
      code: "INVALID_ARGUMENT",
      detail: `quorum is ${quorum}, but must be a whole number from 0 to 2, the number of followers`,
    });
});
