/** What a follower's messages may say, in the order of replication.proto. */
import type { Entry, FollowerMessage } from "../../replication/types.ts";
import { any, type Check, fields, inOrder, list, maybe } from "./check.ts";
import { entry } from "./data.ts";
import {
  clusterId,
  clusterMark,
  count,
  countFrom1,
  digest,
  digestOrNone,
  entriesMax,
  floorNote,
  history,
  idOrNone,
  member,
  notLater,
  range,
  records,
  settings,
  snapshotEnd,
  text,
} from "./terms.ts";

type Type = FollowerMessage["type"];
type Message<Name extends Type> = Extract<FollowerMessage, { type: Name }>;

/** The entries of a log from a place on: they rise, and the next page begins above them. */
const isLogPage: Check<Message<"logPage">> = ({ epoch, from, entries, next }) => {
  let end = from - 1;
  for (const [index, { sequence, epoch: stamped }] of entries.entries()) {
    const path = `entries[${index}]`;
    if (sequence <= end)
      return { path: `${path}.sequence`, value: sequence, allowed: `above ${end}` };
    if (stamped > epoch)
      return { path: `${path}.epoch`, value: stamped, allowed: `at most ${epoch}` };
    end = sequence;
  }
  if (next === 0 || next > Math.max(end, from)) return undefined;
  return { path: "next", value: next, allowed: `0, or above ${Math.max(end, from)}` };
};

export const followerChecks: { readonly [Name in Type]: Check<Message<Name>> } = {
  promise: fields(
    {
      epoch: countFrom1,
      applied: count,
      last: count,
      blank: any,
      floor: maybe(floorNote),
      digest,
      member,
      incarnation: text,
      history,
      followedEpoch: count,
      settings: maybe(settings),
      cluster: maybe(clusterMark),
    },
    inOrder("followedEpoch", "epoch"),
    inOrder("applied", "last"),
    notLater("epoch"),
  ),
  refusal: fields({
    promisedEpoch: count,
    promisedLeader: idOrNone,
    reason: text,
    cluster: maybe(clusterMark),
  }),
  acks: fields({
    epoch: countFrom1,
    ranges: list(range, entriesMax),
    applied: count,
    digest: digestOrNone,
  }),
  heartbeatReply: fields({
    epoch: countFrom1,
    number: count,
    applied: count,
    digest: digestOrNone,
    storageFault: text,
  }),
  snapshotReceipt: fields({ epoch: countFrom1, snapshot: count, index: count, installed: any }),
  logPage: fields(
    { epoch: countFrom1, from: count, entries: list<Entry>(entry, entriesMax), next: count },
    isLogPage,
  ),
  storePage: fields({ epoch: countFrom1, records, end: maybe(snapshotEnd) }),
  floorReceipt: fields(
    { epoch: countFrom1, floor: maybe(floorNote), cluster: maybe(clusterId) },
    notLater("epoch"),
  ),
  vote: fields(
    {
      number: count,
      agrees: any,
      reason: text,
      hearsUnable: any,
      promisedEpoch: count,
      applied: count,
      first: count,
      last: count,
      blank: any,
      floor: maybe(floorNote),
      cluster: maybe(clusterMark),
    },
    notLater("promisedEpoch"),
  ),
  confirmed: fields({ epoch: countFrom1, number: count, lends: any }),
  wantMark: fields({ epoch: countFrom1, number: count }),
};
