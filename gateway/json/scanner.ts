/**
 * Walks through JSON that `JSON.parse` has accepted, and removes its white space in place.
 *
 * A value is stored as the text its client wrote, because JavaScript has no other form that keeps all
 * of it: an object loses the order of names such as "10", and a number the digits beyond a double.
 * Refused is what other programs would refuse or read differently (RFC 7493 lists the same): half of a
 * surrogate pair, a name twice in one object, a number beyond the range of a double.
 *
 * The parser has checked the grammar, so it is enough to look at each byte once. Whatever the text
 * holds, the walk takes about as long as the parser took.
 */
import { codeUnitAt, isHigh, isLow, JsonNames } from "./names.ts";

/** What is wrong, as a sentence without its subject. */
export class JsonFault extends Error {}

/** The kind of the next value; a word is a number, true, false or null. */
type JsonKind = "object" | "array" | "string" | "word";

const quote = 0x22;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const comma = 0x2c;
const colon = 0x3a;
const point = 0x2e;
const zero = 0x30;
const nine = 0x39;
const space = 0x20;
const backslash = 0x5c;
const letterE = 0x65;
const letterF = 0x66;
const letterU = 0x75;
const minus = 0x2d;

/** Items that are visited one by one; a list of operations is far shorter. */
const visitedMax = 1000;
/** Bytes of a piece that is moved byte by byte; longer ones are moved by the runtime. */
const movedByHandMax = 32;
/** Bytes of a string without an escape after which the runtime looks for the next one. */
const plainBytesMax = 64;

/** One text, from its first byte to its last. Each method consumes what it names. */
export class JsonScanner {
  readonly #bytes: Buffer;
  readonly #depthMax: number;
  readonly #names: JsonNames;
  /** The next byte to read. */
  #at = 0;
  /** Where that byte goes. Invariant: `#to <= #at`; all bytes before `#to` are text without white space. */
  #to = 0;
  /** The string that was read last has escapes. */
  #hasEscapes = false;
  /** The next backslash, as long as it lies ahead; Infinity: there is none. */
  #backslashAt = -1;

  /** The bytes are overwritten. `depthMax`: how deep arrays and objects may be nested. */
  constructor(bytes: Buffer, depthMax: number) {
    this.#bytes = bytes;
    this.#depthMax = depthMax;
    this.#names = new JsonNames(bytes);
  }

  get kind(): JsonKind {
    const byte = this.#peek();
    if (byte === openBrace) return "object";
    if (byte === openBracket) return "array";
    return byte === quote ? "string" : "word";
  }

  /** Bytes of text so far, without white space. */
  get length(): number {
    return this.#to;
  }

  /** The text from that length on. */
  textFrom(length: number): string {
    return this.#bytes.toString("utf8", length, this.#to);
  }

  /** Consumes a value. Throws JsonFault. */
  value(depth = 0): void {
    const byte = this.#peek();
    if (byte === quote) this.#string(true);
    else if (byte === openBrace) this.object(undefined, depth);
    else if (byte === openBracket) this.array(undefined, depth);
    else this.#word();
  }

  /**
   * Consumes an object; `visit` consumes the values in place of `value`. Beyond `visitedMax` they
   * are skipped. Throws JsonFault.
   */
  object(visit?: (name: string) => void, depth = 0): void {
    this.#open(depth);
    this.#names.enterObject();
    for (let index = 0; this.#hasMore(closeBrace); index++) {
      const start = this.#to;
      this.#string(visit === undefined);
      const end = this.#to;
      if (!this.#names.add(start + 1, end - 1, this.#hasEscapes)) {
        throw new JsonFault(
          `has two members called ${shorten(this.textFrom(start))} in one object`,
        );
      }
      const isVisited = visit !== undefined && index < visitedMax;
      const name = isVisited ? String(JSON.parse(this.textFrom(start))) : "";
      this.#peek();
      this.#move(this.#at + 1); // the colon
      if (isVisited) visit(name);
      else if (visit === undefined) this.value(depth + 1);
      else this.skip();
    }
    this.#names.leaveObject();
  }

  /** The same for an array. */
  array(visit?: (index: number) => void, depth = 0): void {
    this.#open(depth);
    for (let index = 0; this.#hasMore(closeBracket); index++) {
      if (visit === undefined) this.value(depth + 1);
      else if (index < visitedMax) visit(index);
      else this.skip();
    }
  }

  /** Consumes a value of any depth without checking it. */
  skip(): void {
    let depth = 0;
    do {
      const byte = this.#peek();
      if (byte === quote) this.#string(false);
      else if (isPunctuation(byte)) {
        if (byte === openBrace || byte === openBracket) depth += 1;
        if (byte === closeBrace || byte === closeBracket) depth -= 1;
        this.#move(this.#at + 1);
      } else this.#move(this.#wordEnd());
    } while (depth > 0);
  }

  /** The next byte after white space. */
  #peek(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    while (at < bytes.length && (bytes[at] ?? 0) <= space) at += 1;
    this.#at = at;
    return bytes[at] ?? 0;
  }

  #open(depth: number): void {
    if (depth === this.#depthMax) {
      throw new JsonFault(`must be at most ${this.#depthMax} arrays or objects deep`);
    }
    this.#peek();
    this.#move(this.#at + 1);
  }

  /** Consumes the comma before an item, or the bracket after the last one. */
  #hasMore(close: number): boolean {
    const byte = this.#peek();
    if (byte !== close && byte !== comma) return true;
    this.#move(this.#at + 1);
    if (byte === close) return false;
    this.#peek();
    return true;
  }

  /** Takes what stands from here to `end` into the text. */
  #move(end: number): void {
    const bytes = this.#bytes;
    const from = this.#at;
    const to = this.#to;
    const length = end - from;
    if (from !== to) {
      if (length > movedByHandMax) bytes.copyWithin(to, from, end);
      else for (let i = 0; i < length; i++) bytes[to + i] = bytes[from + i] ?? 0;
    }
    this.#to = to + length;
    this.#at = end;
  }

  #word(): void {
    const bytes = this.#bytes;
    const isNumber = (bytes[this.#at] ?? 0) <= nine;
    const end = this.#wordEnd();
    if (isNumber && isBeyondDouble(bytes, this.#at, end)) {
      throw new JsonFault("holds a number beyond the range of a double");
    }
    this.#move(end);
  }

  #wordEnd(): number {
    const bytes = this.#bytes;
    const first = bytes[this.#at] ?? 0;
    if (first > nine) return this.#at + (first === letterF ? 5 : 4);
    let end = this.#at + 1;
    while (end < bytes.length && !isWordEnd(bytes[end] ?? 0)) end += 1;
    return end;
  }

  #string(isStrict: boolean): void {
    const bytes = this.#bytes;
    let at = this.#at + 1;
    let quoteAt = -1;
    let jumpAt = at + plainBytesMax;
    this.#hasEscapes = false;
    for (let byte = bytes[at]; byte !== quote; byte = bytes[at]) {
      if (byte === backslash) {
        this.#hasEscapes = true;
        at = bytes[at + 1] === letterU ? this.#afterUnicode(at, isStrict) : at + 2;
        jumpAt = at + plainBytesMax;
      } else if (at < jumpAt) at += 1;
      else {
        if (quoteAt < at) quoteAt = bytes.indexOf(quote, at);
        at = Math.min(quoteAt, this.#nextBackslash(at));
      }
    }
    this.#move(at + 1);
  }

  #nextBackslash(at: number): number {
    if (this.#backslashAt < at) {
      const found = this.#bytes.indexOf(backslash, at);
      this.#backslashAt = found === -1 ? Number.POSITIVE_INFINITY : found;
    }
    return this.#backslashAt;
  }

  /** Where `\uXXXX`, or a pair of them, ends. */
  #afterUnicode(at: number, isStrict: boolean): number {
    const unit = codeUnitAt(this.#bytes, at);
    if (!isStrict || !(isHigh(unit) || isLow(unit))) return at + 6;
    const isPair = isHigh(unit) && this.#bytes[at + 6] === backslash;
    if (isPair && isLow(codeUnitAt(this.#bytes, at + 6))) return at + 12;
    throw new JsonFault("holds half of a surrogate pair: it is not Unicode text");
  }
}

const isWordEnd = (byte: number): boolean =>
  byte <= space || byte === comma || byte === closeBracket || byte === closeBrace;

const isPunctuation = (byte: number): boolean =>
  byte === comma ||
  byte === colon ||
  byte === openBrace ||
  byte === openBracket ||
  byte === closeBrace ||
  byte === closeBracket;

const shorten = (text: string): string => (text.length <= 80 ? text : `${text.slice(0, 80)}…`);

/** Whether a number is too large for a double. Only one close to the limit is converted, to save time. */
function isBeyondDouble(bytes: Buffer, start: number, end: number): boolean {
  let at = bytes[start] === minus ? start + 1 : start;
  if (end - at <= 4) return false;
  const first = bytes[at] ?? 0;
  const digitsStart = at;
  while (at < end && (bytes[at] ?? 0) >= zero && (bytes[at] ?? 0) <= nine) at += 1;
  const wholeDigits = at - digitsStart;
  while (at < end && ((bytes[at] ?? 0) | space) !== letterE) at += 1;
  let power = 0;
  const sign = bytes[at + 1];
  if (at < end) {
    for (at += 1; at < end && power < 100_000; at++) {
      const byte = bytes[at] ?? 0;
      if (byte >= zero) power = power * 10 + (byte - zero);
    }
    if (sign === minus) power = -power;
  }
  // The number is below 10 to this power, and not below a tenth of that unless it starts with 0.
  const below = wholeDigits + power;
  if (below < 309) return false;
  if (below === 309 && first === zero + 1) {
    const second = bytes[digitsStart + (bytes[digitsStart + 1] === point ? 2 : 1)] ?? zero;
    if (second < zero + 7 || (second | space) === letterE) return false;
  }
  return !Number.isFinite(Number(bytes.toString("latin1", start, end)));
}
