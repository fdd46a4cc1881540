import { expect, test } from "vitest";
import type { Storage } from "../../../src/node/ports.ts";
import { historyAfter } from "../../../src/replication/history.ts";
import type { History, Sequence, StoreRecord } from "../../../src/replication/types.ts";
import { digestOf } from "../../../src/storage/standing.ts";
import {
  type Current,
  emptyDigest,
  enough,
  entry,
  everything,
  flushed,
  hardState,
  keysOf,
  put,
  type Restart,
  sequencesOf,
  write,
} from "../support.ts";

const record = (key: string, version: Sequence, value = "1"): StoreRecord => ({
  key,
  value,
  version,
  origin: 1,
});

const receive = (storage: Storage, records: readonly StoreRecord[]): Promise<void> =>
  flushed((done) => storage.incoming.add(records, done));

/** The sum of the node that sent the store. */
const sentHistory: History = "0123456789abcdef";

const install = (
  storage: Storage,
  applied: Sequence,
  records: readonly StoreRecord[],
  history: History | undefined = sentHistory,
) =>
  flushed((done) =>
    storage.incoming.install({ applied, digest: digestOf(records), history, hardState }, done),
  );

/** The promises about a store that is received. */
export function testIncoming(current: Current, restart: Restart): void {
  const received = [record("a", 4), record("c", 6), record("😀", 5)];

  const begin = async (): Promise<readonly StoreRecord[]> => {
    const entries = [1, 2, 3].map((number) => entry(number, [put(`old${number}`)]));
    const append = [...entries, entry(7, []), entry(9, [])];
    await write(current(), { append, apply: entries });
    return everything(current());
  };

  test("it grows beside the present store and replaces it in one step", async () => {
    const before = await begin();
    const copy = current().copy();
    current().incoming.begin();
    await receive(current(), received.slice(0, 1));
    await receive(current(), received.slice(1));
    expect(everything(current())).toEqual(before);
    await install(current(), 7, received);
    for (let turn = 0; turn < 2; turn += 1) {
      expect(everything(current())).toEqual(received);
      const summary = { applied: 7, digest: digestOf(received), history: sentHistory, keys: 3 };
      expect(current().summary()).toEqual(summary);
      expect(current().hardState()).toEqual(hardState);
      expect(sequencesOf(current().readLog(1, enough))).toEqual([9]);
      expect(current().get("old1")).toBeUndefined();
      if (turn === 0) {
        expect(copy.page(undefined, 1 << 20)).toEqual(before);
        copy.close();
        if (!(await restart())) return;
      }
    }
  });

  test("the digest of what was received so far is told, whatever the present store holds", async () => {
    await begin();
    current().incoming.begin();
    expect(current().incoming.digest()).toBe(emptyDigest);
    await receive(current(), received.slice(1));
    expect(current().incoming.digest()).toBe(digestOf(received.slice(1)));
    await receive(current(), [record("a", 3), ...received.slice(1, 2)]);
    await receive(current(), received.slice(0, 1));
    expect(current().incoming.digest()).toBe(digestOf(received));
    current().incoming.begin();
    expect(current().incoming.digest()).toBe(emptyDigest);
  });

  test("a record replaces an earlier one of its key, in the same part or in one before", async () => {
    const parts = [
      [record("b", 1), record("d", 1)],
      [record("d", 2)],
      [record("e", 2), record("e", 3)],
      [record("c", 3), record("f", 3)],
    ];
    current().incoming.begin();
    for (const part of parts) await receive(current(), part);
    const left = [record("b", 1), record("c", 3), record("d", 2), record("e", 3), record("f", 3)];
    expect(current().incoming.digest()).toBe(digestOf(left));
    await install(current(), 7, left);
    expect(everything(current())).toEqual(left);
    expect(current().summary()).toMatchObject({ digest: digestOf(left), keys: 5 });
  });

  test("the installed store continues with the next entry", async () => {
    await begin();
    current().incoming.begin();
    await receive(current(), received);
    await install(current(), 7, received);
    const next = entry(8, [put("a", "2"), put("b", "2")]);
    await write(current(), { apply: [next] });
    expect(keysOf(everything(current()))).toEqual(["a", "b", "c", "😀"]);
    const digest = digestOf(everything(current()));
    const history = historyAfter(sentHistory, [next]);
    expect(current().summary()).toEqual({ applied: 8, digest, history, keys: 4 });
  });

  test("begin drops an unfinished one; writes continue meanwhile", async () => {
    await begin();
    current().incoming.begin();
    await receive(current(), [record("dropped", 2)]);
    await write(current(), { apply: [entry(4, [put("meanwhile")])] });
    current().incoming.begin();
    await receive(current(), received);
    await write(current(), { apply: [entry(5, [put("meanwhile too")])] });
    await receive(current(), [record("c", 6)]);
    expect(current().summary().keys).toBe(5);
    await install(current(), 7, received);
    expect(everything(current())).toEqual(received);
    expect(current().summary().digest).toBe(digestOf(received));
  });

  test("an unfinished one leaves no trace after a restart", async () => {
    const before = await begin();
    current().incoming.begin();
    await receive(current(), received);
    if (!(await restart())) return;
    expect(everything(current())).toEqual(before);
    current().incoming.begin();
    await receive(current(), [record("only", 5)]);
    await install(current(), 5, [record("only", 5)]);
    expect(keysOf(everything(current()))).toEqual(["only"]);
    expect(current().summary().keys).toBe(1);
  });

  test("an empty store can be installed, again and again", async () => {
    await begin();
    for (const applied of [7, 8]) {
      current().incoming.begin();
      await install(current(), applied, []);
      const sums = { digest: emptyDigest, history: sentHistory };
      expect(current().summary()).toEqual({ applied, ...sums, keys: 0 });
      await write(current(), {});
    }
  });

  test("its history may be unknown, and stays so until one that is known arrives", async () => {
    await begin();
    const unknown = async (applied: Sequence): Promise<void> => {
      expect(current().summary()).toMatchObject({ applied, history: undefined });
      const copy = current().copy();
      expect(copy.history).toBeUndefined();
      copy.close();
    };
    current().incoming.begin();
    await receive(current(), received);
    await flushed((done) => {
      const end = {
        applied: 7,
        digest: digestOf(received),
        history: undefined,
        hardState,
      };
      current().incoming.install(end, done);
    });
    await unknown(7);
    await write(current(), { append: [entry(8, [])], apply: [entry(8, [])] });
    await unknown(8);
    if (await restart()) await unknown(8);
    await write(current(), { apply: [entry(9, [put("a")])] });
    await unknown(9);
    current().incoming.begin();
    await install(current(), 10, []);
    await write(current(), { apply: [entry(11, [])] });
    const known = historyAfter(sentHistory, [entry(11, [])]);
    expect(current().summary().history).toBe(known);
    if (await restart()) expect(current().summary().history).toBe(known);
  });

  test("a store that stands lower opens the log down to it, without compacted entries", async () => {
    const append = Array.from({ length: 1500 }, (_, index) => entry(index + 1, []));
    await write(current(), { append, compactTo: 1400 });
    current().incoming.begin();
    await receive(current(), received);
    await install(current(), 6, received);
    expect(current().logBounds()).toEqual({ first: 1401, last: 1500 });
    await write(current(), { append: [entry(6, []), entry(7, [])] });
    expect(sequencesOf(current().readLog(1, { entriesMax: 2, bytesMax: 1000 }))).toEqual([7, 1401]);
  });

  test("records without begin() violate an invariant", () => {
    expect(() => current().incoming.add([], () => {})).toThrow(
      "broken promise: a store is received only after incoming.begin()",
    );
  });
}
