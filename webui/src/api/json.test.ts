import { expect, test } from "vitest";
import { checkJson } from "./json.ts";

test("the check says what is wrong, and warns of nothing that is kept", () => {
  expect(checkJson("  ")).toMatchObject({ ok: false });
  expect(checkJson('{"a":')).toMatchObject({ ok: false });
  for (const json of ['{"a":1.50}', "[9007199254740993, 12]", "1e-400"]) {
    expect(checkJson(json)).toEqual({ ok: true });
  }
});
