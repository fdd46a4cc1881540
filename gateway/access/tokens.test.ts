/** The file of tokens: what it may hold, and how it is read again. */
import { createHash } from "node:crypto";
import { appendFileSync, chmodSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TestTokens } from "../../test/support/token-file.ts";
import { TokenFile } from "./token-file.ts";
import { newToken, readTokens, TokenRing } from "./tokens.ts";
import { WrongTokens, wrongTokensMax } from "./wrong-tokens.ts";

const sha256 = "ab".repeat(32);
const lineOf = (fields: object) => JSON.stringify({ id: "a", role: "read", sha256, ...fields });

describe("a line", () => {
  test("may leave out prefixes and expiry; comments and empty lines do not count", () => {
    const [token, ...others] = readTokens(`# tokens\n\n${lineOf({})}\n`);
    expect(others).toEqual([]);
    expect(token).toEqual({
      id: "a",
      role: "read",
      prefixes: undefined,
      digest: Buffer.from(sha256, "hex"),
      expiresAt: undefined,
    });
    const full = lineOf({ prefixes: ["u/"], expires: "2030-01-01T00:00:00+01:00" });
    expect(readTokens(full)).toMatchObject([{ prefixes: ["u/"], expiresAt: 1_893_452_400_000 }]);
  });

  test.each([
    ["{", "line 1 is not JSON"],
    ["[]", "line 1"],
    [lineOf({ id: "a b" }), "line 1: id must be 1 to 64"],
    [lineOf({ role: "root" }), "line 1: role"],
    // It would not be clear whether that is all keys or none.
    [lineOf({ prefixes: [] }), "line 1: prefixes"],
    [lineOf({ prefixes: [""] }), "line 1: prefixes.0"],
    [lineOf({ prefixes: ["\ud800"] }), "line 1: prefixes.0"],
    [lineOf({ sha256: "AB".repeat(32) }), "line 1: sha256 must be 64"],
    [lineOf({ expires: "tomorrow" }), "line 1: expires"],
    [lineOf({ expires: "2030-01-01" }), "line 1: expires"],
    [lineOf({ token: "x" }), "line 1"],
    [`${lineOf({})}\n${lineOf({ id: "b" })}`, "line 2 repeats abab"],
    [`${lineOf({})}\n${lineOf({ sha256: "cd".repeat(32) })}`, "line 2 repeats a"],
  ])("%s is refused", (text, reason) => {
    expect(() => readTokens(text)).toThrow(reason);
  });
});

test("a token is found by its text alone", () => {
  const { text, sha256: digest } = newToken();
  expect(text).toMatch(/^kv_[A-Za-z0-9_-]{43}$/);
  const other = newToken();
  const tokens = readTokens(
    [lineOf({ sha256: digest }), lineOf({ id: "b", sha256: other.sha256 })].join("\n"),
  );
  const ring = new TokenRing(tokens);
  expect(ring.find(text)?.id).toBe("a");
  expect(ring.find(other.text)?.id).toBe("b");
  for (const wrong of ["", text.slice(1), `${text} `, digest])
    expect(ring.find(wrong)).toBeUndefined();
});

test("the file holds the SHA-256 of a token's text in UTF-8", () => {
  for (const text of [newToken().text, "clé-\u{1f511}", ""]) {
    const digest = createHash("sha256").update(text, "utf8").digest("hex");
    const ring = new TokenRing(readTokens(lineOf({ sha256: digest })));
    expect(ring.find(text)?.id).toBe("a");
    expect(ring.find(`${text}\u00e9`)).toBeUndefined();
  }
  const { text, sha256: digest } = newToken();
  expect(digest).toBe(createHash("sha256").update(text, "utf8").digest("hex"));
});

test("tokens with the same start of their digests are told apart", () => {
  const { text, sha256: digest } = newToken();
  const near = `${digest.slice(0, 60)}${digest.endsWith("0000") ? "1111" : "0000"}`;
  const ring = new TokenRing(
    readTokens([lineOf({ sha256: near }), lineOf({ id: "b", sha256: digest })].join("\n")),
  );
  expect(ring.find(text)?.id).toBe("b");
});

describe("the file", () => {
  let tokens: TestTokens;
  let file: TokenFile;
  let errors: string[];
  let now: number;
  const log = {
    ...{ debug() {}, info() {}, warn() {} },
    error: (fields: object) => void errors.push(JSON.stringify(fields)),
  };
  beforeEach(() => {
    tokens = new TestTokens();
    errors = [];
    now = Date.parse("2030-01-01T00:00:00Z");
  });
  afterEach(() => {
    file.close();
    tokens.delete();
  });
  const open = async () => {
    file = await TokenFile.open({ path: tokens.path, log, now: () => now });
  };
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
  };

  test.each([
    ["is not one of tokens", (path: string) => appendFileSync(path, "{\n")],
    ["others can read", (path: string) => chmodSync(path, 0o644)],
  ])("that %s later changes nothing, until it is good again", async (_what, spoil) => {
    const first = tokens.add("first", { role: "read" });
    await open();
    const good = readFileSync(tokens.path);
    spoil(tokens.path);
    await until(() => errors.length > 0);
    expect(errors[0]).toContain(tokens.path);
    expect(file.find(first)?.id).toBe("first");
    chmodSync(tokens.path, 0o600);
    writeFileSync(tokens.path, good);
    const second = tokens.add("second", { role: "read" });
    await until(() => file.find(second) !== undefined);
    expect(file.find(first)?.id).toBe("first");
    expect(errors).toHaveLength(1);
  });

  test("has tokens that expire", async () => {
    const text = tokens.add("brief", { role: "read", expires: "2030-01-01T00:01:00Z" });
    await open();
    const token = file.find(text);
    if (token === undefined) throw new Error("it is in the file");
    const holding = file.holding(token);
    const lapsed = Promise.withResolvers<void>();
    holding.onLapse(lapsed.resolve);
    expect(holding.isValid()).toBe(true);
    now += 60_000;
    expect(holding.isValid()).toBe(false);
    expect(file.find(text)).toBeUndefined();
    await lapsed.promise;
  });

  describe("on a connection that has shown a token before", () => {
    const connection = {};
    const changes = (text: string): [string, string][] => [
      ["another one", newToken().text],
      ["one that is longer", `${text}x`],
      ["one that is shorter", text.slice(0, -1)],
      ["one whose last letter differs", text.slice(0, -1) + (text.endsWith("A") ? "B" : "A")],
      [
        "one whose letters differ by 256",
        String.fromCharCode(text.charCodeAt(0) + 256) + text.slice(1),
      ],
      ["none", ""],
    ];

    test("it is found, and no other text is", async () => {
      const text = tokens.add("known", { role: "read" });
      const other = tokens.add("other", { role: "admin" });
      await open();
      for (let time = 0; time < 3; time += 1) expect(file.find(text, connection)?.id).toBe("known");
      for (const [what, wrong] of changes(text))
        expect(file.find(wrong, connection), what).toBeUndefined();
      expect(file.find(other, connection)?.id).toBe("other");
      expect(file.find(text, connection)?.id).toBe("known");
    });

    test("it is not once it has expired", async () => {
      const text = tokens.add("brief", { role: "read", expires: "2030-01-01T00:01:00Z" });
      await open();
      for (let time = 0; time < 2; time += 1) expect(file.find(text, connection)).toBeDefined();
      now += 60_000;
      expect(file.find(text, connection)).toBeUndefined();
    });

    test("it is not once it is out of the file, and has new rights once the file gives them", async () => {
      const kept = tokens.add("kept", { role: "admin" });
      const removed = tokens.add("removed", { role: "admin" });
      const connections = [{}, {}];
      await open();
      const ask = () => [kept, removed].map((text, index) => file.find(text, connections[index]));
      expect(ask().map((token) => token?.role)).toEqual(["admin", "admin"]);
      const [line = ""] = readFileSync(tokens.path, "utf8").split("\n");
      writeFileSync(tokens.path, `${line.replace('"admin"', '"read"')}\n`);
      await until(() => file.find(kept)?.role === "read");
      expect(ask().map((token) => token?.role)).toEqual(["read", undefined]);
    });
  });

  test("a token whose rights change has lapsed; one that stays has not", async () => {
    const text = tokens.add("kept", { role: "read" });
    const changed = tokens.add("changed", { role: "admin" });
    await open();
    const holdings = [text, changed].map((each) => {
      const token = file.find(each);
      if (token === undefined) throw new Error("it is in the file");
      return file.holding(token);
    });
    const lower = readFileSync(tokens.path, "utf8").replace('"admin"', '"read"');
    writeFileSync(tokens.path, lower);
    await until(() => file.find(changed)?.role === "read");
    expect(holdings.map((holding) => holding.isValid())).toEqual([true, false]);
  });
});

describe("wrong tokens", () => {
  test("are counted by address, for a minute", () => {
    let now = 0;
    const wrong = new WrongTokens(() => now);
    for (let count = 0; count < wrongTokensMax; count += 1) expect(wrong.note("10.0.0.1")).toBe(0);
    now = 15_000;
    expect(wrong.note("10.0.0.1")).toBe(45);
    expect(wrong.note("10.0.0.2")).toBe(0);
    now = 60_000;
    expect(wrong.note("10.0.0.1")).toBe(0);
  });

  test("take bounded memory, however many addresses they come from", () => {
    const wrong = new WrongTokens(() => 0);
    for (let n = 0; n < 30_000; n += 1) wrong.note(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
    expect(wrong.size).toBe(10_000);
  });
});
