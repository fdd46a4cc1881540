import fc from "fast-check";
import { expect, test } from "vitest";
import { elementsOf, membersOf } from "./json-text.ts";

const spaced = fc.constantFrom(undefined, 2);

test("the texts of an object's members are what JSON.parse makes of them", () => {
  const objects = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue());
  fc.assert(
    fc.property(objects, spaced, (object, indent) => {
      const members = [...membersOf(JSON.stringify(object, null, indent))];
      const parsed = members.map(([name, text]) => [name, JSON.parse(text)]);
      expect(parsed).toEqual(Object.entries(JSON.parse(JSON.stringify(object))));
    }),
  );
});

test("the texts of an array's elements are what JSON.parse makes of them", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), spaced, (array, indent) => {
      const texts = elementsOf(JSON.stringify(array, null, indent));
      expect(texts.map((text) => JSON.parse(text))).toEqual(JSON.parse(JSON.stringify(array)));
    }),
  );
});

test("digits stay", () => {
  expect(membersOf('{"n":12345678901234567890.10,"m":[1.0]}')).toEqual(
    new Map([
      ["n", "12345678901234567890.10"],
      ["m", "[1.0]"],
    ]),
  );
});
