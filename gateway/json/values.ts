/**
 * Values, from what a client sent to the text that is stored. That text is the client's own without
 * white space: names in the given order, numbers digit for digit, strings with their escapes. A value
 * is stored unchanged or refused.
 */
import { failed, failedBy, type Result, succeeded } from "../../src/errors.ts";
import { bodyBytesMax, valueBytesMax, valueDepthMax } from "../../src/request-limits.ts";
import {
  BodyScan,
  type Found,
  nameOf,
  type Place,
  Refused,
  type Shape,
  tooLong,
} from "./body-scan.ts";
import { countMembers, inspect, TwiceFault } from "./inspect.ts";
import { JsonScanner } from "./scanner.ts";
import { JsonFault } from "./tokens.ts";

export type { Shape } from "./body-scan.ts";

/** A value in a parsed body, as the text to store. */
export class JsonText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/**
 * A parsed body, with JsonText where the shape has values. Elsewhere a number whose digits a double
 * cannot hold is JsonText too, so that it is not taken for a number. The bytes are overwritten.
 * INVALID_ARGUMENT where it is not JSON or holds a value to refuse; TOO_LARGE, before it is parsed, for a
 * value or key that is too long.
 */
export function parseBody(bytes: Buffer, shape?: Shape): Result<unknown> {
  const json = bytes.toString();
  const scan = new BodyScan(bytes);
  let place: Place | undefined;
  try {
    refuseMark(json);
    scan.run(shape);
    const holder = { body: parse(json) };
    for (const found of scan.found) {
      place = found.place;
      combine(holder, found);
    }
    return succeeded(holder.body);
  } catch (error) {
    return failureOfBody(error, { json, place: place ?? scan.place });
  }
}

/** The text to store for one value; failures as in `parseBody`. */
export function valueText(json: string): Result<string> {
  if (json.length > bodyBytesMax) return failedBy(tooLong("value"));
  try {
    refuseMark(json);
    const bytes = Buffer.from(json);
    const value = new JsonScanner(bytes, valueDepthMax).value();
    if (value.bytes > valueBytesMax) return failedBy(tooLong("value"));
    const text = value.bytes === bytes.length ? json : value.text();
    const parsed = parse(json);
    if (value.members > 0 || value.mayOverflow) inspect(parsed, value.members, valueDepthMax);
    if (json.isWellFormed()) return succeeded(text);
    return failed("INVALID_ARGUMENT", '"value" must be well-formed Unicode text.');
  } catch (error) {
    if (error instanceof NotJson) return failed("INVALID_ARGUMENT", '"value" must be JSON text.');
    return failureOfBody(error, { json, place: ["value"] });
  }
}

/** JSON has no byte order mark: the parser refuses it at once, and so no walk comes before. */
function refuseMark(json: string): void {
  if (json.startsWith("\ufeff")) parse(json);
}

/** The text is not JSON; the message of the parser says where. */
class NotJson extends Error {}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new NotJson(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function failureOfBody(error: unknown, where: { json: string; place: Place }): Result<never> {
  if (error instanceof Refused) return failedBy(error.failure);
  if (error instanceof NotJson) {
    return failed("INVALID_ARGUMENT", `The body is not JSON: ${error.message}.`);
  }
  if (!(error instanceof JsonFault)) throw error;
  const { message } = error instanceof TwiceFault ? error.naming(where.json) : error;
  const name = where.place.length === 0 ? "The body" : `"${nameOf(where.place)}"`;
  return failed("INVALID_ARGUMENT", `${name} ${message}.`);
}

/** Checks what was found against what the parser made of it, and puts texts in the place of values. */
function combine(holder: { body: unknown }, found: Found): void {
  let parent: Children = holder;
  let name: string | number = "body";
  for (const next of found.place) {
    const child = Object.hasOwn(parent, name) ? parent[name] : undefined;
    // Of two members of one name the parser kept the second, so this may be none of the first.
    if (typeof child !== "object" || child === null) throw new TwiceFault();
    parent = child as Children;
    name = next;
  }
  const parsed = Object.hasOwn(parent, name) ? parent[name] : undefined;
  switch (found.type) {
    case "value": {
      const { members, mayOverflow } = found.value;
      if (members > 0 || mayOverflow) inspect(parsed, members, valueDepthMax);
      replace(parent, name, new JsonText(found.text));
      break;
    }
    case "inexact number":
      replace(parent, name, new JsonText(found.text));
      break;
    case "object":
      if (typeof parsed !== "object" || parsed === null) throw new TwiceFault();
      if (countMembers(parsed) !== found.members) throw new TwiceFault();
  }
}

type Children = Record<string | number, unknown>;

/** As the parser does it, also for a member called `__proto__`. */
const replace = (parent: Children, name: string | number, value: unknown): void => {
  Object.defineProperty(parent, name, {
    value,
    ...{ configurable: true, enumerable: true, writable: true },
  });
};
