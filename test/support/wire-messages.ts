/** Messages between nodes as nodes may send them, whatever they hold. */
import fc from "fast-check";
import { compareBytes } from "../../src/key-order.ts";
import { numberMax } from "../../src/replication/bounds.ts";
import type { FollowerMessage, LeaderMessage } from "../../src/replication/types.ts";

const count = fc.nat({ max: numberMax });
const from1 = fc.integer({ min: 1, max: numberMax });
const quorum = fc.nat({ max: 1000 });
const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const text = fc.string({ unit: "grapheme" });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const digest = fc.stringMatching(/^[0-9a-f]{16}$/);
const digestOrNone = fc.oneof(digest, fc.constant(""));
const key = fc.string({ unit: "grapheme", minLength: 1, maxLength: 50 });
const value = fc.json();
const url = fc.constantFrom("", "http://10.0.0.1:4567", "https://kv.example/a");

const floorOf = (epochMax: number) =>
  fc.record({
    epoch: fc.nat({ max: epochMax }),
    number: count,
    quorum,
    over: quorum,
    elected: maybe(fc.boolean()),
  });
const clusterDigits = fc.stringMatching(/^[0-9a-f]{32}$/);
const clusterId = maybe(fc.record({ id: clusterDigits, confirmed: fc.boolean() }));
const cluster = maybe(
  fc.oneof(
    fc.record({ id: clusterDigits, confirmed: fc.boolean(), blank: fc.boolean() }),
    fc.record({ id: fc.constant(""), confirmed: fc.constant(false), blank: fc.boolean() }),
  ),
);
const member = fc.record({ id, url, peerUrl: url });
const end = fc.record({ applied: count, digest, history: maybe(digest) });
const record = fc.record({ key, value, version: from1, origin: count });
const records = fc
  .uniqueArray(record, { selector: (each) => each.key })
  .map((all) => all.toSorted((left, right) => compareBytes(left.key, right.key)));
const condition = fc.record({ version: count, origin: count, after: maybe(count) });
const operation = fc.record({ key, value: maybe(value), condition: maybe(condition) });

const checks = fc.array(fc.record({ key, condition }), { minLength: 1, maxLength: 128 });

const entriesOf = (epoch: number) =>
  fc.array(
    fc
      .record({
        sequence: from1,
        epoch: fc.nat({ max: epoch }),
        operations: fc.array(operation, { maxLength: 133 }),
        requires: maybe(fc.record({ checks })),
      })
      .chain((entry) =>
        fc.nat({ max: entry.epoch }).map((origin) => {
          const { sequence, operations, requires } = entry;
          return { sequence, epoch: entry.epoch, origin, operations, requires };
        }),
      ),
  );

const delays = fc
  .tuple(fc.nat({ max: 60_000 }), fc.nat({ max: 60_000 }))
  .map(([one, other]) => ({ minDelay: Math.min(one, other), maxDelay: Math.max(one, other) }));
const settings = fc
  .record({
    writeQuorum: quorum,
    delays,
    followerDelays: fc.array(fc.tuple(id, delays).map(([of, range]) => ({ id: of, ...range }))),
    changedBy: id,
    changedEpoch: count,
    changedAt: count,
  })
  .map(({ delays: range, ...rest }) => ({ ...rest, ...range }));

const type = <T extends string>(name: T) => fc.constant(name);
const range = fc
  .tuple(count, count)
  .map(([one, other]) => ({ from: Math.min(one, other), to: Math.max(one, other) }));
const ascending = (many: readonly number[]) => many.toSorted((left, right) => left - right);

const heartbeat = fc
  .record({
    epoch: from1,
    marks: fc.tuple(count, count, count),
    number: count,
    members: fc.array(member),
    digest: digestOrNone,
    writeQuorum: quorum,
    settings: maybe(settings),
    able: maybe(fc.boolean()),
    cluster: clusterId,
  })
  .map(({ marks, ...rest }) => {
    const [applied = 0, committed = 0, last = 0] = ascending(marks);
    return { type: "heartbeat", ...rest, applied, committed, last } as const;
  });

export const leaderMessage: fc.Arbitrary<LeaderMessage> = fc.oneof(
  fc.record({
    type: type("prepare"),
    elected: fc.boolean(),
    epoch: from1,
    leader: id,
    to: id,
    members: fc.array(member),
    nodes: fc.array(id),
    cluster,
  }),
  from1.chain((epoch) =>
    fc.record({
      type: type("lead"),
      epoch: fc.constant(epoch),
      completeAt: count,
      floor: maybe(floorOf(epoch)),
      replace: fc.boolean(),
      cluster: clusterId,
    }),
  ),
  from1.chain((epoch) =>
    fc.record({
      type: type("append"),
      epoch: fc.constant(epoch),
      entries: entriesOf(epoch),
      committed: count,
    }),
  ),
  heartbeat,
  fc.record({ type: type("poll"), candidate: id, to: id, number: count, cluster }),
  fc.record({ type: type("confirm"), epoch: from1, number: count, lend: fc.boolean() }),
  fc.record({ type: type("stand"), epoch: from1, to: id, released: fc.boolean() }),
  fc.record({ type: type("readMark"), epoch: from1, number: count, sequence: count }),
  fc.record({
    type: type("snapshotChunk"),
    epoch: from1,
    snapshot: count,
    index: count,
    records,
    end: maybe(end),
  }),
  fc.record({ type: type("fetchLog"), epoch: from1, from: count }),
  fc.record({ type: type("fetchStore"), epoch: from1, after: maybe(key) }),
  from1.chain((epoch) =>
    fc.record({ type: type("floor"), epoch: fc.constant(epoch), floor: floorOf(epoch) }),
  ),
);

const logPage = from1
  .chain((epoch) =>
    fc.record({ epoch: fc.constant(epoch), entries: entriesOf(epoch), isLast: fc.boolean() }),
  )
  .map(({ epoch, entries: all, isLast }) => {
    const bySequence = new Map(all.map((entry) => [entry.sequence, entry]));
    const entries = ascending([...bySequence.keys()]).map((at) => bySequence.get(at));
    const page = { from: entries[0]?.sequence ?? 0, entries: entries.filter((each) => !!each) };
    const next = isLast ? 0 : Math.min(numberMax, (entries.at(-1)?.sequence ?? 0) + 1);
    return { type: "logPage", epoch, ...page, next: next === page.from ? 0 : next } as const;
  });

export const followerMessage: fc.Arbitrary<FollowerMessage> = fc.oneof(
  count.chain((promisedEpoch) =>
    fc.record({
      type: type("vote"),
      number: count,
      agrees: fc.boolean(),
      reason: text,
      hearsUnable: fc.boolean(),
      cluster,
      promisedEpoch: fc.constant(promisedEpoch),
      applied: count,
      first: count,
      last: count,
      blank: fc.boolean(),
      floor: maybe(floorOf(promisedEpoch)),
    }),
  ),
  fc.record({ type: type("confirmed"), epoch: from1, number: count, lends: fc.boolean() }),
  fc.record({ type: type("wantMark"), epoch: from1, number: count }),
  fc.tuple(from1, range).chain(([epoch, { from: applied, to: last }]) =>
    fc.record({
      type: type("promise"),
      epoch: fc.constant(epoch),
      applied: fc.constant(applied),
      last: fc.constant(last),
      blank: fc.boolean(),
      floor: maybe(floorOf(epoch)),
      digest,
      member,
      incarnation: text,
      history: maybe(digest),
      followedEpoch: fc.nat({ max: epoch }),
      settings: maybe(settings),
      cluster,
    }),
  ),
  fc.record({
    type: type("refusal"),
    promisedEpoch: count,
    promisedLeader: fc.oneof(id, fc.constant("")),
    reason: text,
    cluster,
  }),
  fc.record({
    type: type("acks"),
    epoch: from1,
    ranges: fc.array(range),
    applied: count,
    digest: digestOrNone,
  }),
  fc.record({
    type: type("heartbeatReply"),
    epoch: from1,
    number: count,
    applied: count,
    digest: digestOrNone,
    storageFault: text,
  }),
  fc.record({
    type: type("snapshotReceipt"),
    epoch: from1,
    snapshot: count,
    index: count,
    installed: fc.boolean(),
  }),
  logPage,
  fc.record({ type: type("storePage"), epoch: from1, records, end: maybe(end) }),
  from1.chain((epoch) =>
    fc.record({
      type: type("floorReceipt"),
      epoch: fc.constant(epoch),
      floor: maybe(floorOf(epoch)),
      cluster: clusterId,
    }),
  ),
);
