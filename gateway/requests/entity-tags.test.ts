import { expect, test } from "vitest";
import { namesTag } from "./entity-tags.ts";

test.each([
  ['"a"', true],
  ['W/"a"', true],
  ["*", true],
  [" * ", true],
  ['"b", "a"', true],
  ['"b",W/"a",W/"c"', true],
  ['"b" , , "a"', true],
  ['"x,y", "a"', true],
  [undefined, false],
  ["", false],
  ['"b"', false],
  ['"A"', false],
  ["a", false],
  ['"b, "a', false],
  ['"*"', false],
  ['"a-gzip"', false],
])("If-None-Match: %s names the tag: %s", (field, expected) => {
  expect(namesTag(field, '"a"')).toBe(expected);
});
