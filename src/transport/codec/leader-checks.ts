/** What a leader's messages may say, in the order of replication.proto. */
import type { Entry, LeaderMessage } from "../../replication/types.ts";
import { any, type Check, fields, inOrder, list, maybe } from "./check.ts";
import { entry, key } from "./data.ts";
import {
  clusterId,
  clusterMark,
  count,
  countFrom1,
  digestOrNone,
  entriesMax,
  floorNote,
  id,
  members,
  membersMax,
  notLater,
  quorum,
  records,
  settings,
  snapshotEnd,
} from "./terms.ts";

type Type = LeaderMessage["type"];
type Message<Name extends Type> = Extract<LeaderMessage, { type: Name }>;

export const leaderChecks: { readonly [Name in Type]: Check<Message<Name>> } = {
  prepare: fields({
    epoch: countFrom1,
    leader: id,
    to: id,
    members,
    elected: any,
    nodes: list(id, membersMax),
    cluster: maybe(clusterMark),
  }),
  lead: fields(
    {
      epoch: countFrom1,
      completeAt: count,
      floor: maybe(floorNote),
      replace: any,
      cluster: maybe(clusterId),
    },
    notLater("epoch"),
  ),
  append: fields(
    { epoch: countFrom1, entries: list<Entry>(entry, entriesMax), committed: count },
    ({ epoch, entries }) => {
      const wrong = entries.findIndex((each) => each.epoch > epoch);
      const path = `entries[${wrong}].epoch`;
      const allowed = `at most that of the message, ${epoch}`;
      return wrong < 0 ? undefined : { path, value: entries[wrong]?.epoch, allowed };
    },
  ),
  heartbeat: fields(
    {
      epoch: countFrom1,
      committed: count,
      last: count,
      number: count,
      members,
      applied: count,
      digest: digestOrNone,
      writeQuorum: quorum,
      settings: maybe(settings),
      able: any,
      cluster: maybe(clusterId),
    },
    inOrder("applied", "committed"),
    inOrder("committed", "last"),
  ),
  snapshotChunk: fields({
    epoch: countFrom1,
    snapshot: count,
    index: count,
    records,
    end: maybe(snapshotEnd),
  }),
  fetchLog: fields({ epoch: countFrom1, from: count }),
  fetchStore: fields({ epoch: countFrom1, after: maybe(key) }),
  floor: fields({ epoch: countFrom1, floor: floorNote }, notLater("epoch")),
  poll: fields({ candidate: id, to: id, number: count, cluster: maybe(clusterMark) }),
  confirm: fields({ epoch: countFrom1, number: count, lend: any }),
  stand: fields({ epoch: countFrom1, to: id, released: any }),
  readMark: fields({ epoch: countFrom1, number: count, sequence: count }),
};
