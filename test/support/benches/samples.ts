/** What tests of the rules are made of. */
import type { Entry, Member, NodeId, Operation, Sequence } from "../../../src/replication/types.ts";

export const put = (key: string, value = "1"): Operation => ({ key, value });

export const entryOf = (
  sequence: Sequence,
  operations: readonly Operation[] = [put("a")],
  by: { epoch?: number; origin?: number } = {},
): Entry => {
  const { epoch = 1 } = by;
  return { sequence, epoch, origin: by.origin ?? epoch, operations };
};

export const memberOf = (id: NodeId): Member => ({
  id,
  url: `http://${id}`,
  peerUrl: `http://${id}`,
});
