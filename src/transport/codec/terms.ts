/** The terms that messages are made of, and what each may be. */
import { idRange, idSyntax } from "../../config/ids.ts";
import { byteRank } from "../../key-order.ts";
import { numberMax } from "../../replication/bounds.ts";
import { isHistory } from "../../replication/history.ts";
import { DEFAULT_LIMITS } from "../../replication/limits.ts";
import type {
  ClusterId,
  ClusterMark,
  FloorNote,
  LiveSettings,
  Member,
  SequenceRange,
  SnapshotEnd,
  StoreRecord,
} from "../../replication/types.ts";
import { delayMsMax } from "../../request-limits.ts";
import { any, type Check, fields, inOrder, list, maybe, rule, within } from "./check.ts";
import { key, value } from "./data.ts";

/** Members of one cluster, and so the highest write quorum. */
export const membersMax = 1000;
/** Entries and ranges of one message: a simulated delay may let a whole window out at once. */
export const entriesMax = DEFAULT_LIMITS.windowEntriesMax;
/** A record takes some bytes more than none. */
const recordsMax = DEFAULT_LIMITS.chunkBytesMax;
/** Characters of a reason or of a URL: whoever makes them is far below. */
const textMax = 10_000;

/** Sequences, epochs and whatever else is counted. */
export const count: Check<number> = rule(
  `a whole number from 0 to ${numberMax}`,
  (number) => number <= numberMax,
);
export const countFrom1: Check<number> = rule(
  `a whole number from 1 to ${numberMax}`,
  (number) => number >= 1 && number <= numberMax,
);
export const quorum: Check<number> = rule(
  `a whole number from 0 to ${membersMax}`,
  (number) => number <= membersMax,
);
const delay: Check<number> = rule(
  `a whole number from 0 to ${delayMsMax}`,
  (number) => number <= delayMsMax,
);

export const id: Check<string> = rule(`an id of ${idRange}`, (text) => idSyntax.test(text));
export const idOrNone: Check<string> = rule(
  `an id of ${idRange}, or empty`,
  (text) => text === "" || idSyntax.test(text),
);
export const text: Check<string> = rule(
  `at most ${textMax} characters`,
  ({ length }) => length <= textMax,
);

const digits = "16 hexadecimal digits in lower case";
export const digest: Check<string> = rule(digits, isHistory);
/** While a store is being replaced, its node has no digest to tell. */
export const digestOrNone: Check<string> = rule(
  `${digits}, or empty`,
  (sum) => sum === "" || isHistory(sum),
);
export const history = maybe(digest);

export const range: Check<SequenceRange> = fields(
  { from: count, to: count },
  inOrder("from", "to"),
);

export const floorNote: Check<FloorNote> = fields({
  epoch: count,
  number: count,
  quorum,
  over: quorum,
  elected: any,
});

/** A note is made in an epoch that whoever tells of it has promised: a later one would overrule all others for ever. */
export const notLater =
  <T extends { readonly floor?: FloorNote | undefined }>(
    epoch: { [Name in keyof T]: T[Name] extends number ? Name : never }[keyof T] & string,
  ): Check<T> =>
  (message) => {
    const { floor } = message;
    const bound = Number(message[epoch]);
    return floor === undefined || floor.epoch <= bound
      ? undefined
      : { path: "floor.epoch", value: floor.epoch, allowed: `at most \`${epoch}\`, ${bound}` };
  };

/** Its URLs are dropped where they are not what they should be: see `believedMember`. */
export const member: Check<Member> = fields({ id, url: text, peerUrl: text });
export const members = list(member, membersMax);

export const settings: Check<LiveSettings> = fields({
  writeQuorum: quorum,
  minDelay: delay,
  maxDelay: delay,
  followerDelays: list(
    fields({ id, minDelay: delay, maxDelay: delay }, inOrder("minDelay", "maxDelay")),
    membersMax,
  ),
  changedBy: id,
  changedEpoch: count,
  changedAt: count,
});

const clusterDigits = /^[0-9a-f]{32}$/;
export const clusterId: Check<ClusterId> = fields({
  id: rule("32 hexadecimal digits in lower case", (digits) => clusterDigits.test(digits)),
  confirmed: any,
});
/** A node that has no id yet shows that it has none, and that cannot be confirmed. */
export const clusterMark: Check<ClusterMark> = fields(
  {
    id: rule(
      "32 hexadecimal digits in lower case, or empty",
      (digits) => digits === "" || clusterDigits.test(digits),
    ),
    confirmed: any,
    blank: any,
  },
  ({ id: digits, confirmed }) =>
    confirmed && digits === ""
      ? { path: "confirmed", value: true, allowed: "false without an id" }
      : undefined,
);

export const snapshotEnd: Check<SnapshotEnd> = fields({ applied: count, digest, history });

const record: Check<StoreRecord> = fields({ key, value, version: countFrom1, origin: count });
const recordList = list(record, recordsMax);

/** Keys rise: nobody sends one of them twice. */
export const records: Check<readonly StoreRecord[]> = (all) => {
  const fault = recordList(all);
  if (fault !== undefined) return fault;
  let before = "";
  for (const [index, { key: name }] of all.entries()) {
    const rank = byteRank(name);
    if (index > 0 && rank <= before) {
      const allowed = "above the key before it";
      return within(`[${index}]`, { path: "key", value: name, allowed });
    }
    before = rank;
  }
  return undefined;
};
