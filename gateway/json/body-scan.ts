/** The walk through a body before it is parsed: what it holds at which place, as far as a shape tells. */
import { type Failure, failureOf } from "../../src/errors.ts";
import { keyBytesMax, valueBytesMax, valueDepthMax } from "../../src/request-limits.ts";
import { isExact } from "./exact.ts";
import { JsonScanner, type ScannedValue } from "./scanner.ts";
import { JsonFault } from "./tokens.ts";

/**
 * What a part of a body is; a part without a shape is an option. `countFault` refuses a list by its
 * length.
 */
export type Shape =
  | "value"
  | "key"
  | { readonly members: Readonly<Record<string, Shape>> }
  | {
      readonly items: Shape;
      readonly countFault?: (count: number) => Failure | undefined;
    };

/** Names and indexes from the body to a place in it. */
export type Place = readonly (string | number)[];

/** Something that the parsed body alone does not tell. */
export type Found = { readonly place: Place } & (
  | { readonly type: "value"; readonly text: string; readonly value: ScannedValue }
  /** A number that no double holds. */
  | { readonly type: "inexact number"; readonly text: string }
  | { readonly type: "object"; readonly members: number }
);

/** The body is refused whatever the rest of it is. */
export class Refused extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.detail);
    this.failure = failure;
  }
}

/** Options lie one or two objects deep; the checks of options refuse what lies deeper. */
const optionDepthMax = 8;
/** Parts that are visited one by one; the largest valid body has about half as many. */
const visitedMax = 2000;
/** Every number of so many digits is exact as a double. */
const exactDigits = 15;
/** Longer numbers, and more of them, are not compared with their doubles; no valid body has them. */
const oddLengthMax = 64;
const oddNumbersMax = 400;
/** Bytes of one byte of a key in its longest form, such as `\u0041`. */
const escapedBytesMax = 6;

/** Walks through one body, from the outermost part in. */
export class BodyScan {
  readonly found: Found[] = [];
  readonly #scanner: JsonScanner;
  readonly #place: (string | number)[] = [];
  #visited = 0;
  #oddNumbers = 0;

  /** The white space of values is overwritten. */
  constructor(bytes: Buffer) {
    this.#scanner = new JsonScanner(bytes, valueDepthMax);
  }

  /** Where the walk is, or where it failed. */
  get place(): Place {
    return [...this.#place];
  }

  /** Throws Refused for what is too large, JsonFault for values that are to be refused. */
  run(shape: Shape | undefined): void {
    if (shape === "value") this.#value();
    else if (shape === "key") this.#key();
    else this.#option(shape);
  }

  #value(): void {
    const value = this.#scanner.value();
    if (value.bytes > valueBytesMax) throw new Refused(tooLong(nameOf(this.#place)));
    this.found.push({ type: "value", place: this.place, text: value.text(), value });
  }

  #key(): void {
    if (this.#scanner.kind !== "string") {
      this.#option(undefined);
      return;
    }
    const bytes = this.#scanner.skip() - 2;
    if (bytes > escapedBytesMax * keyBytesMax) {
      const detail = `"${nameOf(this.#place)}" must be at most ${keyBytesMax} bytes of UTF-8.`;
      throw new Refused(failureOf("TOO_LARGE", detail));
    }
  }

  #option(shape: Exclude<Shape, string> | undefined): void {
    const { kind } = this.#scanner;
    if (kind === "word") this.#word();
    else if (kind === "string" || this.#place.length === optionDepthMax) this.#scanner.skip();
    else if (kind === "object") this.#object(shape);
    else this.#array(shape);
  }

  #object(shape: Exclude<Shape, string> | undefined): void {
    const shapes = shape !== undefined && "members" in shape ? shape.members : {};
    const members = this.#scanner.object((from, to) => {
      const name = nameIn(this.#scanner.textOf(from, to));
      return this.#child(name, Object.hasOwn(shapes, name) ? shapes[name] : undefined);
    });
    this.found.push({ type: "object", place: this.place, members });
  }

  #array(shape: Exclude<Shape, string> | undefined): void {
    const isList = shape !== undefined && "items" in shape;
    const items = isList ? shape.items : undefined;
    const count = this.#scanner.array((index) => this.#child(index, items));
    const failure = isList ? shape.countFault?.(count) : undefined;
    if (failure !== undefined) throw new Refused(failure);
  }

  /** False once enough parts were visited. */
  #child(name: string | number, shape: Shape | undefined): boolean {
    this.#visited += 1;
    this.#place.push(name);
    this.run(shape);
    this.#place.pop();
    return this.#visited < visitedMax;
  }

  #word(): void {
    const text = this.#scanner.word(oddLengthMax + 1);
    const isOdd = /^[-\d]/.test(text) && (text.length > exactDigits || /e/i.test(text));
    if (!isOdd || this.#oddNumbers === oddNumbersMax) return;
    this.#oddNumbers += 1;
    const isHeld = text.length <= oddLengthMax && isExact(text);
    if (!isHeld) this.found.push({ type: "inexact number", place: this.place, text });
  }
}

/** A name without its escapes. */
function nameIn(written: string): string {
  if (!written.includes("\\")) return written.slice(1, -1);
  try {
    return String(JSON.parse(written));
  } catch (cause) {
    throw new JsonFault("is not JSON: a name has a bad escape", { cause });
  }
}

/** The place as failures name it. */
export const nameOf = (place: Place): string => place.join(".");

/** The failure of a value that is too long. */
export const tooLong = (name: string): Failure =>
  failureOf("TOO_LARGE", `"${name}" must be at most ${valueBytesMax} bytes of JSON text.`);
