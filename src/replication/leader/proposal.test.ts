import { describe, expect, test } from "vitest";
import { entryOf, put } from "../../../test/support/benches/samples.ts";
import type { StoreRecord } from "../types.ts";
import { Overlay } from "./overlay.ts";
import { evaluate, type WishedOperation } from "./proposal.ts";

const stored: StoreRecord = { key: "s", value: "1", version: 3, origin: 2 };

/** Holds a write of sequence 10, epoch 5, against the key `s` in the store and what is pending. */
const propose = (wished: readonly WishedOperation[], overlay = new Overlay()) =>
  evaluate(wished, {
    overlay,
    store: {
      get: (key) => (key === "s" ? stored : undefined),
      list: () => [],
      copy: () => {
        throw new Error("a proposal copies no store");
      },
    },
    applied: 4,
    sequence: 10,
    epoch: 5,
  });

const pending = (operation = put("p"), settled = false) => {
  const overlay = new Overlay();
  const entry = entryOf(7, [operation], { epoch: 5, origin: 4 });
  overlay.propose(entry, false);
  if (settled) overlay.settle(entry);
  return overlay;
};

describe("rule 6: a condition", () => {
  test("is checked against the store where nothing is pending, and pinned with its epoch", () => {
    expect(propose([{ key: "s", value: "2", ifVersion: 3 }])).toEqual({
      operations: [{ key: "s", value: "2", condition: { version: 3, origin: 2 } }],
      dependsOn: [],
    });
    const refusal = { reason: "versionMismatch", index: 0, key: "s", version: 3, after: 0 };
    expect(propose([{ key: "s", value: "2", ifVersion: 2 }])).toEqual(refusal);
  });

  test("of 0 asks for absence", () => {
    expect(propose([{ key: "n", value: "2", ifVersion: 0 }])).toMatchObject({
      operations: [{ condition: { version: 0, origin: 0, after: 4 } }],
    });
    expect(propose([{ key: "s", value: "2", ifVersion: 0 }])).toMatchObject({
      reason: "versionMismatch",
    });
  });

  test("is held against the newest proposed write, and the entry settles after that one", () => {
    expect(propose([{ key: "p", value: "2", ifVersion: 7 }], pending())).toEqual({
      operations: [{ key: "p", value: "2", condition: { version: 7, origin: 4 } }],
      dependsOn: [7],
    });
    const settled = propose([{ key: "p", value: "2", ifVersion: 7 }], pending(put("p"), true));
    expect(settled).toMatchObject({ dependsOn: [] });
  });

  test("of 0 names the deletion that it rests on, or the mark of the store without the key", () => {
    const wish = [{ key: "p", value: "2", ifVersion: 0 }];
    expect(propose(wish, pending({ key: "p" }))).toMatchObject({
      operations: [{ condition: { version: 0, origin: 0, after: 7 } }],
      dependsOn: [7],
    });
    expect(propose(wish)).toMatchObject({ operations: [{ condition: { after: 4 } }] });
  });

  test("refused because of an open write waits for it; because of a settled one it does not", () => {
    const wish = [{ key: "p", value: "2", ifVersion: 3 }];
    expect(propose(wish, pending())).toMatchObject({ version: 7, after: 7 });
    expect(propose(wish, pending(put("p"), true))).toMatchObject({ version: 7, after: 0 });
  });

  test("is part of every deletion: the key must be there", () => {
    expect(propose([{ key: "s" }])).toMatchObject({
      operations: [{ key: "s", value: undefined, condition: { version: 3, origin: 2 } }],
    });
    expect(propose([{ key: "n" }])).toMatchObject({ reason: "keyNotFound", after: 0 });
    expect(propose([{ key: "p" }], pending({ key: "p" }))).toMatchObject({
      reason: "keyNotFound",
      after: 7,
    });
    expect(propose([{ key: "p" }], pending())).toMatchObject({ dependsOn: [7] });
  });

  test("of an unconditional put there is none", () => {
    expect(propose([put("p", "2")], pending())).toEqual({
      operations: [{ key: "p", value: "2" }],
      dependsOn: [],
    });
  });
});

describe("a batch", () => {
  test("sees its own earlier operations, which need no condition", () => {
    expect(propose([put("n"), { key: "n" }, { key: "n", value: "3", ifVersion: 0 }])).toEqual({
      operations: [put("n"), { key: "n", value: undefined }, { key: "n", value: "3" }],
      dependsOn: [],
    });
    expect(propose([{ key: "s" }, { key: "s" }])).toMatchObject({ reason: "keyNotFound" });
  });

  test("is refused as a whole by one condition", () => {
    expect(propose([put("n"), { key: "s", value: "2", ifVersion: 9 }])).toMatchObject({
      reason: "versionMismatch",
      key: "s",
    });
  });
});

describe("a check", () => {
  const check = (key: string, ifVersion: number) => ({ key, ifVersion, isCheck: true });

  test("is kept beside the operations, pinned like any condition", () => {
    expect(propose([check("s", 3), check("n", 0), put("x")])).toEqual({
      operations: [put("x")],
      requires: {
        checks: [
          { key: "s", condition: { version: 3, origin: 2 } },
          { key: "n", condition: { version: 0, origin: 0, after: 4 } },
        ],
      },
      dependsOn: [],
    });
  });

  test("of an open write makes the entry settle after it", () => {
    expect(propose([check("p", 7), put("x")], pending())).toMatchObject({ dependsOn: [7] });
    const refused = { reason: "versionMismatch", index: 1, key: "p", version: 7, after: 7 };
    expect(propose([put("x"), check("p", 3)], pending())).toEqual(refused);
  });

  test("that fails names its place, and may ask for an absent key", () => {
    const refused = { reason: "versionMismatch", index: 1, key: "s", version: 3, after: 0 };
    expect(propose([put("x"), check("s", 2)])).toEqual(refused);
    expect(propose([check("n", 0), put("x")])).toMatchObject({ operations: [put("x")] });
  });
});
