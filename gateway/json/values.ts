/**
 * Values, from what a client wrote to the text that is stored. That text is the client's own without
 * white space: names in the given order, numbers digit for digit, strings with the escapes they came
 * with. So equal text comes out as equal text, and nothing is ever changed: it is kept or refused.
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

/** Where values stand in a body; what has no shape holds none. */
export type Shape =
  | "value"
  | { readonly members: Readonly<Record<string, Shape>> }
  | { readonly items: Shape };

/**
 * A parsed body, with JsonText where the shape has values. A number elsewhere whose digits a double
 * cannot hold is JsonText too: to those who ask for a number it is none. The bytes are changed.
 * INVALID_ARGUMENT where it is not JSON or holds a value to refuse, TOO_LARGE for one too long.
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

/** The text to store of JSON text by itself; failures as in `parseBody`. */
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

/** Options lie one or two objects deep; what lies deeper is refused by those who check them. */
const optionDepthMax = 8;
/** Any double holds as many digits. */
const exactDigits = 15;
/** How many odd numbers of one body are compared with their doubles; no body needs more. */
const oddNumbersMax = 1000;

/** Walks over a parsed body and its bytes together. */
class BodyReader {
  readonly #scanner: JsonScanner;
  /** From the body to what is being read. */
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

  /** What stands here, as the callers shall see it. */
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
 * Whether a double holds a JSON number digit for digit: read as one and written again, it is the
 * same number. `5000.0`, `5e3` and `5000` are one; `1e-400`, `4.9e-324` and 2^53 + 1 are not held.
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
