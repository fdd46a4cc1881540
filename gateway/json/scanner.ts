/**
 * Walks through the bytes of a JSON text, finds where its values lie, and removes their white space.
 *
 * A value is stored as the text its client wrote, because JavaScript has no other form that keeps all
 * of it: an object loses the order of names such as "10", and a number the digits beyond a double.
 *
 * The walk comes before the parser, so that a request which is too large is refused before most of the
 * work. It takes about as long as the parser, whatever the bytes hold, and never fails on bytes that are
 * not JSON: what it finds then means nothing, and the parser refuses the text.
 */

import { TokenEnds } from "./token-ends.ts";
import { closingOf, JsonFault, type JsonKind, kindOf, marks } from "./tokens.ts";

/** Constants of this module: the walk looks at them for each byte. */
const { space, quote, comma, colon, openBracket, closeBracket, openBrace, closeBrace } = marks;
/** Bytes of a piece that is moved byte by byte; longer ones are moved by the runtime. */
const movedByHandMax = 32;

/** A value as the walk sees it. */
export interface ScannedValue {
  /** Its length in bytes without white space. */
  readonly bytes: number;
  /** Its text without white space, made when asked for; ask before the scanner goes on. */
  text(): string;
  /** Members of all objects in it, each as often as it is written. */
  readonly members: number;
  /** It has a number that may be beyond the range of a double. */
  readonly mayOverflow: boolean;
}

/** One text, from its first byte to its last. Each method consumes what it names. */
export class JsonScanner {
  readonly #bytes: Buffer;
  readonly #depthMax: number;
  readonly #ends: TokenEnds;
  /** The next byte to read. */
  #at = 0;

  /** The white space of values is overwritten. `depthMax`: how deep a value may be nested. */
  constructor(bytes: Buffer, depthMax: number) {
    this.#bytes = bytes;
    this.#depthMax = depthMax;
    this.#ends = new TokenEnds(bytes);
  }

  /** The kind of the next value. */
  get kind(): JsonKind {
    return kindOf(this.#peek());
  }

  /** Consumes a value. Throws JsonFault for one that is too deep or holds half of a surrogate pair. */
  value(): ScannedValue {
    this.#peek();
    const bytes = this.#bytes;
    const ends = this.#ends;
    const start = this.#at;
    let [at, from, to, depth, members] = [start, start, start, 0, 0];
    ends.mayOverflow = false;
    do {
      const byte = bytes[at];
      if (byte === undefined) break;
      if (byte === quote) at = ends.stringEnd(at, true);
      else if (byte <= space) {
        to = this.#move(to, from, at);
        at = ends.spaceEnd(at);
        from = at;
      } else if (byte === comma) at += 1;
      else if (byte === colon) {
        members += 1;
        at += 1;
      } else if (byte === openBrace || byte === openBracket) {
        depth += 1;
        if (depth > this.#depthMax) throw this.#tooDeep();
        at += 1;
      } else if (byte === closeBrace || byte === closeBracket) {
        depth -= 1;
        at += 1;
      } else at = ends.wordEnd(at);
    } while (depth > 0);
    const end = this.#move(to, from, at);
    this.#at = at;
    const { mayOverflow } = ends;
    return {
      ...{ bytes: end - start, members, mayOverflow },
      text: () => bytes.toString("utf8", start, end),
    };
  }

  /**
   * Consumes an object: calls `visit` with where each name is written, for it to consume the value. False
   * skips the remaining members. Returns how many there are.
   */
  object(visit: (from: number, to: number) => boolean): number {
    return this.#items(openBrace, () => {
      const from = this.#at;
      if (this.#peek() === quote) this.#at = this.#ends.stringEnd(this.#at, false);
      const to = this.#at;
      if (this.#peek() === colon) this.#at += 1;
      return visit(from, to);
    });
  }

  /** The same for an array: `visit` consumes the item. */
  array(visit: (index: number) => boolean): number {
    return this.#items(openBracket, visit);
  }

  /** Consumes a value of any depth without a look at it; returns the bytes it takes. */
  skip(): number {
    this.#peek();
    const start = this.#at;
    this.#skip(0);
    return this.#at - start;
  }

  /** Consumes a number or word and returns its text, or the first `lengthMax` bytes of it. */
  word(lengthMax: number): string {
    const bytes = this.skip();
    const start = this.#at - bytes;
    return this.#bytes.toString("latin1", start, start + Math.min(bytes, lengthMax));
  }

  /** The bytes as text. */
  textOf(from: number, to: number): string {
    return this.#bytes.toString("utf8", from, to);
  }

  #items(open: number, visit: (index: number) => boolean): number {
    const close = closingOf(open);
    if (this.#peek() === open) this.#at += 1;
    for (let count = 0; ; count++) {
      const byte = this.#peek();
      if (byte === comma) this.#at += 1;
      if (byte === close) this.#at += 1;
      if (byte === close || this.#at >= this.#bytes.length) return count;
      this.#peek();
      const before = this.#at;
      if (!visit(count)) return count + 1 + this.#skip(1);
      // Bytes that are not JSON may be none of what is visited.
      if (this.#at === before) this.#at += 1;
    }
  }

  /** Goes on until so many arrays and objects are closed, or one value is over; returns the commas of the outermost. */
  #skip(open: number): number {
    const bytes = this.#bytes;
    const ends = this.#ends;
    let [at, depth, commas] = [this.#at, open, 0];
    do {
      const byte = bytes[at];
      if (byte === undefined) break;
      if (byte === quote) at = ends.stringEnd(at, false);
      else if (byte <= space) at = ends.spaceEnd(at);
      else if (byte === comma || byte === colon) {
        if (depth === 1 && byte === comma) commas += 1;
        at += 1;
      } else if (byte === openBrace || byte === openBracket) {
        depth += 1;
        at += 1;
      } else if (byte === closeBrace || byte === closeBracket) {
        depth -= 1;
        at += 1;
      } else at = ends.wordEnd(at);
    } while (depth > 0);
    this.#at = at;
    return commas;
  }

  /** The next byte after white space; 0 at the end. */
  #peek(): number {
    const byte = this.#bytes[this.#at] ?? 0;
    if (byte > space) return byte;
    this.#at = this.#ends.spaceEnd(this.#at);
    return this.#bytes[this.#at] ?? 0;
  }

  #tooDeep(): JsonFault {
    return new JsonFault(`must be at most ${this.#depthMax} arrays or objects deep`);
  }

  /** Moves a piece back to where the text so far ends, and returns its new end. */
  #move(to: number, from: number, end: number): number {
    const length = end - from;
    if (to !== from) {
      const bytes = this.#bytes;
      if (length > movedByHandMax) bytes.copyWithin(to, from, end);
      else for (let i = 0; i < length; i++) bytes[to + i] = bytes[from + i] ?? 0;
    }
    return to + length;
  }
}
