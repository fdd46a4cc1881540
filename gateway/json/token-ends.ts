/**
 * Where the tokens of a JSON text end. Long ones are looked through four bytes at a time, which is what
 * keeps the walk as fast as the parser: a byte at a time takes several times as long as the parser needs.
 */
import { JsonFault, marks } from "./tokens.ts";

/** Constants of this module: the walk looks at them for each byte. */
const { space, quote, comma, colon, backslash, closeBracket, closeBrace } = marks;
const letterD = 0x64;
const letterE = 0x65;
const letterU = 0x75;
const nine = 0x39;
/** A number of so many digits may be beyond the range of a double. */
const overflowingLength = 309;
/** Bytes that are looked at one by one before four at a time are. */
const shortBytes = 8;

/** Finds the ends of tokens, from their first byte on. Every end is beyond the first byte, and within the text. */
export class TokenEnds {
  /** Set by each number that may be beyond the range of a double. */
  mayOverflow = false;
  readonly #bytes: Buffer;
  readonly #view: DataView;
  /** Before this place four bytes can be read. */
  readonly #fourBefore: number;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#fourBefore = bytes.length - 3;
  }

  /** The end of white space, or `at` where there is none. */
  spaceEnd(start: number): number {
    const bytes = this.#bytes;
    const { length } = bytes;
    let at = start;
    while (at < length && (bytes[at] ?? 0) <= space) {
      at += 1;
      if (at - start > shortBytes) at = this.#spacesEnd(at);
    }
    return at;
  }

  /** The end of a number, true, false or null. */
  wordEnd(start: number): number {
    const bytes = this.#bytes;
    const { length } = bytes;
    const isNumber = (bytes[start] ?? 0) <= nine;
    let at = start + 1;
    let jumpAt = at + shortBytes;
    while (at < length) {
      const byte = bytes[at] ?? 0;
      if (isWordEnd(byte)) break;
      if (isNumber && (byte | space) === letterE) this.mayOverflow = true;
      at += 1;
      if (at < jumpAt) continue;
      at = this.#digitsEnd(at);
      jumpAt = at + shortBytes;
    }
    if (isNumber && at - start >= overflowingLength) this.mayOverflow = true;
    return at;
  }

  /** The end of a string. Throws JsonFault for half of a surrogate pair, if `isStrict`. */
  stringEnd(start: number, isStrict: boolean): number {
    const bytes = this.#bytes;
    const { length } = bytes;
    let at = start + 1;
    let jumpAt = at + shortBytes;
    while (at < length) {
      const byte = bytes[at] ?? 0;
      if (byte === quote) return at + 1;
      if (byte === backslash) {
        at = bytes[at + 1] === letterU ? this.#afterUnicode(at, isStrict) : at + 2;
        jumpAt = at + shortBytes;
      } else {
        at += 1;
        if (at < jumpAt) continue;
        at = this.#plainEnd(at);
        jumpAt = at + shortBytes;
      }
    }
    return length;
  }

  /** Goes on while all of four bytes are white space. */
  #spacesEnd(start: number): number {
    let at = start;
    while (at < this.#fourBefore) {
      const four = this.#view.getInt32(at, true);
      // Of the bytes below 0x80, those above a space reach 0x80 when 0x5f is added.
      if (((((four & 0x7f7f7f7f) + 0x5f5f5f5f) | four) & 0x80808080) !== 0) return at;
      at += 4;
    }
    return at;
  }

  /** Goes on while all of four bytes are digits. */
  #digitsEnd(start: number): number {
    let at = start;
    while (at < this.#fourBefore) {
      const four = this.#view.getInt32(at, true);
      // Of 0x30 to 0x3f, those up to 9 stay below 0x40 when 6 is added.
      if ((four & 0xf0f0f0f0) !== 0x30303030) return at;
      if (((four + 0x06060606) & 0xf0f0f0f0) !== 0x30303030) return at;
      at += 4;
    }
    return at;
  }

  /** Goes on while none of four bytes is a quote or a backslash. */
  #plainEnd(start: number): number {
    let at = start;
    while (at < this.#fourBefore) {
      const four = this.#view.getInt32(at, true);
      const quotes = four ^ 0x22222222;
      const backslashes = four ^ 0x5c5c5c5c;
      // A byte that is 0 borrows from the next higher bit: "Determine if a word has a zero byte", Bit Twiddling Hacks.
      const found = ((quotes - 0x01010101) & ~quotes) | ((backslashes - 0x01010101) & ~backslashes);
      if ((found & 0x80808080) !== 0) return at;
      at += 4;
    }
    return at;
  }

  /** Where `\uXXXX`, or a pair of them, ends. */
  #afterUnicode(at: number, isStrict: boolean): number {
    // All halves of pairs, and few other units, start with the digit D.
    if (!isStrict || ((this.#bytes[at + 2] ?? 0) | space) !== letterD) return at + 6;
    const unit = this.#codeUnitAt(at);
    if (!(isHigh(unit) || isLow(unit))) return at + 6;
    if (isHigh(unit) && isLow(this.#codeUnitAt(at + 6))) return at + 12;
    throw new JsonFault("holds half of a surrogate pair: it is not Unicode text");
  }

  /** The code unit that `\uXXXX` at this place stands for; NaN if there is no such escape. */
  #codeUnitAt(at: number): number {
    const bytes = this.#bytes;
    if (bytes[at] !== backslash || bytes[at + 1] !== letterU) return Number.NaN;
    let unit = 0;
    for (let i = at + 2; i < at + 6; i++) {
      const byte = bytes[i] ?? 0;
      unit = unit * 16 + (byte <= nine ? byte - 0x30 : (byte | 0x20) - 0x57);
    }
    return unit;
  }
}

const isWordEnd = (byte: number): boolean =>
  byte <= space ||
  byte === comma ||
  byte === colon ||
  byte === quote ||
  byte === closeBracket ||
  byte === closeBrace;

/** Whether the code unit is the first, or the second, half of a surrogate pair. */
const isHigh = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;
