/** What tests of the rules are made of. */
import type {
  Entry,
  FollowerMessage,
  Member,
  NodeId,
  Operation,
  Sequence,
} from "../../../src/replication/types.ts";

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

type PromiseMessage = Extract<FollowerMessage, { type: "promise" }>;

/** Of a node with data, unless `facts` say otherwise. */
export const promiseOf = (
  from: NodeId,
  facts: Partial<PromiseMessage> & Pick<PromiseMessage, "epoch">,
): PromiseMessage => ({
  type: "promise",
  applied: 0,
  last: 0,
  blank: false,
  floor: undefined,
  digest: "",
  member: memberOf(from),
  incarnation: "1",
  history: undefined,
  followedEpoch: 0,
  ...facts,
});
