import { expect, test } from "vitest";
import { checkJson, parseJson, printJson } from "./json.ts";

test("a value is shown digit for digit as the node sent it", () => {
  const text = '{"big":9007199254740993,"small":0.1,"list":[1,"x",null]}';
  expect(printJson(parseJson(text), "compact")).toBe(text);
});

test("the check names what is wrong, and numbers that would lose digits", () => {
  expect(checkJson("  ")).toMatchObject({ ok: false });
  expect(checkJson('{"a":')).toMatchObject({ ok: false });
  expect(checkJson('{"a":1.50}')).toEqual({ ok: true, rounded: [] });
  expect(checkJson("[9007199254740993, 12]")).toEqual({ ok: true, rounded: ["9007199254740993"] });
});
