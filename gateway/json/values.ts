/**
 * Values, from what a client sent to the text that is stored. That text is the client's own without
 * white space: names in the given order, numbers digit for digit, strings with their escapes. A value
 * is stored unchanged or refused.
 */
import {
  type Failure,
  failed,
  failedBy,
  failureOf,
  type Result,
  succeeded,
} from "../../src/errors.ts";
import { bodyBytesMax, valueBytesMax, valueDepthMax } from "../../src/request-limits.ts";
import { JsonFault, JsonScanner } from "./scanner.ts";

/** A value in a parsed body, as the text to store. */
export class JsonText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Where a body holds values; a part without a shape holds none. */
export type Shape =
  | "value"
  | { readonly members: Readonly<Record<string, Shape>> }
  | { readonly items: Shape };

/**
 * A parsed body, with JsonText where the shape has values. Elsewhere a number whose digits a double
 * cannot hold is JsonText too, so that it is not taken for a number. The bytes are overwritten.
 * INVALID_ARGUMENT where it is not JSON or holds a value to refuse, TOO_LARGE for a value too long.
 */
export function parseBody(bytes: Buffer, shape?: Shape): Result<unknown> {
  let body: unknown;
  try {
    body = JSON.parse(bytes.toString());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return failed("INVALID_ARGUMENT", `The body is not JSON: ${reason}.`);
  }
  return new BodyReader(bytes).read(body, shape);
}

/** The text to store for one value; failures as in `parseBody`. */
export function valueText(json: string): Result<string> {
  if (json.length > bodyBytesMax) return failedBy(tooLong("value"));
  try {
    JSON.parse(json);
  } catch {
    return failed("INVALID_ARGUMENT", '"value" must be JSON text.');
  }
  if (!json.isWellFormed()) {
    return failed("INVALID_ARGUMENT", '"value" must be well-formed Unicode text.');
  }
  return new BodyReader(Buffer.from(json)).value("value");
}

const tooLong = (name: string): Failure =>
  failureOf("TOO_LARGE", `"${name}" must be at most ${valueBytesMax} bytes of JSON text.`);

/** Options lie one or two objects deep; the checks of options refuse what lies deeper. */
const optionDepthMax = 8;
/** Every number of so many digits is exact as a double. */
const exactDigits = 15;
/** How many long numbers of one body are compared with their doubles; no valid body has more. */
const oddNumbersMax = 1000;

/** Walks through a parsed body and its bytes together. */
class BodyReader {
  readonly #scanner: JsonScanner;
  /** Names and indexes from the body to the place being read, for failures. */
  readonly #path: (string | number)[] = [];
  #oddNumbers = 0;

  constructor(bytes: Buffer) {
    this.#scanner = new JsonScanner(bytes, valueDepthMax);
  }

  read(body: unknown, shape: Shape | undefined): Result<unknown> {
    return this.#caught(() => this.#read(body, shape));
  }

  value(name: string): Result<string> {
    this.#path.push(name);
    return this.#caught(() => this.#value());
  }

  #caught<T>(read: () => T): Result<T> {
    try {
      return succeeded(read());
    } catch (error) {
      if (error instanceof TooLong) return failedBy(tooLong(this.#path.join(".")));
      if (!(error instanceof JsonFault)) throw error;
      const name = this.#path.length === 0 ? "The body" : `"${this.#path.join(".")}"`;
      return failed("INVALID_ARGUMENT", `${name} ${error.message}.`);
    }
  }

  /** What the callers get for this place of the body. */
  #read(parsed: unknown, shape: Shape | undefined): unknown {
    if (shape === "value") return new JsonText(this.#value());
    const { kind } = this.#scanner;
    if (kind === "word") return this.#word(parsed);
    if (kind === "string" || this.#path.length === optionDepthMax) this.#scanner.skip();
    else if (kind === "object") {
      const members = shape !== undefined && "members" in shape ? shape.members : {};
      this.#scanner.object((name) => this.#child(parsed, name, ownMember(members, name)));
    } else {
      const items = shape !== undefined && "items" in shape ? shape.items : undefined;
      this.#scanner.array((index) => this.#child(parsed, index, items));
    }
    return parsed;
  }

  #child(parent: unknown, name: string | number, shape: Shape | undefined): void {
    this.#path.push(name);
    // Of two members of one name the parser kept the second, so this may be none of the first.
    const children = (typeof parent === "object" && parent !== null ? parent : {}) as Children;
    const parsed = children[name];
    const read = this.#read(parsed, shape);
    if (read !== parsed) children[name] = read;
    this.#path.pop();
  }

  #value(): string {
    const start = this.#scanner.length;
    this.#scanner.value();
    if (this.#scanner.length - start > valueBytesMax) throw new TooLong();
    return this.#scanner.textFrom(start);
  }

  #word(parsed: unknown): unknown {
    const start = this.#scanner.length;
    this.#scanner.skip();
    if (typeof parsed !== "number") return parsed;
    const text = this.#scanner.textFrom(start);
    if (text.length <= exactDigits && !/e/i.test(text)) return parsed;
    this.#oddNumbers += 1;
    return this.#oddNumbers <= oddNumbersMax && isExact(text) ? parsed : new JsonText(text);
  }
}

class TooLong extends Error {}

type Children = Record<string | number, unknown>;

const ownMember = (members: Readonly<Record<string, Shape>>, name: string): Shape | undefined =>
  Object.hasOwn(members, name) ? members[name] : undefined;

/**
 * Whether a double holds a JSON number exactly: read as a double and written again, it is the same
 * number. `5000.0`, `5e3` and `5000` are the same; `1e-400`, `4.9e-324` and 2^53 + 1 are not held.
 */
function isExact(number: string): boolean {
  const value = Number(number);
  const written = String(value);
  return written === number || (Number.isFinite(value) && canonical(written) === canonical(number));
}

/** The sign, the significant digits and the power of ten, so that equal numbers are equal text. */
function canonical(number: string): string {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:e(.+))?$/i.exec(number);
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = parts ?? [];
  const digits = (whole + fraction).replace(/^0+/, "");
  let end = digits.length;
  while (digits[end - 1] === "0") end -= 1;
  if (end === 0) return "0";
  const power = Number(exponent) - fraction.length + (digits.length - end);
  return `${sign}${digits.slice(0, end)}e${power}`;
}
