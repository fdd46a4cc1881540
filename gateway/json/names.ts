/**
 * Finds a name that occurs twice in one object, in time proportional to the bytes. Names in ascending
 * order, shorter ones first, need no search. A few other names are compared with each other; more go
 * into a hash table. Its hashes start from random numbers, so that no client can choose names that
 * collide.
 */
import { randomBytes } from "node:crypto";

/** Names of one object that are compared with each other; with more, a table is faster. */
const comparedMax = 16;
const seed = randomBytes(4).readInt32LE();
const factor = randomBytes(4).readInt32LE() | 1;

const backslash = 0x5c;
const letterU = 0x75;
const nine = 0x39;

/** The names of all objects that are open at one place of a text, from the outermost in. */
export class JsonNames {
  readonly #bytes: Buffer;
  /** Names without their escapes. Positions from the length of `#bytes` on are in here. */
  #decoded: Buffer | undefined;
  #decodedLength = 0;
  /** Start and end of each name of the open objects. */
  readonly #spans: number[] = [];
  /** Where the names of each open object start in `#spans`. */
  readonly #objects: number[] = [];
  /** How each open object finds a name: ascending order, comparing, or pairs of name and hash. */
  readonly #searches: ("ascending" | "compare" | Int32Array)[] = [];

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** An object begins. */
  enterObject(): void {
    this.#objects.push(this.#spans.length);
    this.#searches.push("ascending");
  }

  /** The innermost object ends; its names are forgotten. */
  leaveObject(): void {
    this.#spans.length = this.#objects.pop() ?? 0;
    this.#searches.pop();
  }

  /** Adds a name; false: the object has it already. The bytes from `from` to `to` must not change. */
  add(from: number, to: number, hasEscapes: boolean): boolean {
    let [start, end] = [from, to];
    if (hasEscapes) {
      start = this.#bytes.length + this.#decodedLength;
      this.#decode(from, to);
      end = this.#bytes.length + this.#decodedLength;
    }
    const level = this.#searches.length - 1;
    const isNew =
      (this.#searches[level] === "ascending" && this.#isAscending(level, start, end)) ||
      this.#isNew(level, start, end);
    this.#spans.push(start, end);
    return isNew;
  }

  /** Whether the name comes after the last one of its object; then it is new. */
  #isAscending(level: number, start: number, end: number): boolean {
    const { length } = this.#spans;
    if (length === this.#objects[level]) return true;
    const last = this.#spans[length - 2] ?? 0;
    const longer = end - start - ((this.#spans[length - 1] ?? 0) - last);
    if (longer !== 0) return longer > 0;
    for (let i = 0; i < end - start; i++) {
      const difference = this.#byteAt(start + i) - this.#byteAt(last + i);
      if (difference !== 0) return difference > 0;
    }
    return false;
  }

  #isNew(level: number, start: number, end: number): boolean {
    const base = this.#objects[level] ?? 0;
    const { length } = this.#spans;
    const count = (length - base) / 2;
    if (count >= comparedMax) return this.#addToTable(this.#tableFor(level, count), start, end);
    this.#searches[level] = "compare";
    for (let at = base; at < length; at += 2) if (this.#isSame(at, start, end)) return false;
    return true;
  }

  /** Adds the name that will be the next one in `#spans`; false: it is there already. */
  #addToTable(table: Int32Array, start: number, end: number): boolean {
    const mask = table.length / 2 - 1;
    const hash = this.#hash(start, end);
    let place = hash & mask;
    for (let at = table[2 * place] ?? 0; at !== 0; at = table[2 * place] ?? 0) {
      if (table[2 * place + 1] === hash && this.#isSame(at - 1, start, end)) return false;
      place = (place + 1) & mask;
    }
    table[2 * place] = this.#spans.length + 1;
    table[2 * place + 1] = hash;
    return true;
  }

  /** The object's table with room for one more name: at most half of it is in use. */
  #tableFor(level: number, count: number): Int32Array {
    const table = this.#searches[level];
    const isTable = table instanceof Int32Array;
    if (isTable && table.length > 4 * count) return table;
    const larger = new Int32Array(4 * 2 ** Math.ceil(Math.log2(count + 1)));
    if (isTable) {
      for (let at = 0; at < table.length; at += 2) {
        if (table[at] !== 0) place(larger, table[at] ?? 0, table[at + 1] ?? 0);
      }
    } else {
      for (let at = this.#objects[level] ?? 0; at < this.#spans.length; at += 2) {
        place(larger, at + 1, this.#hash(this.#spans[at] ?? 0, this.#spans[at + 1] ?? 0));
      }
    }
    this.#searches[level] = larger;
    return larger;
  }

  #hash(start: number, end: number): number {
    const { length } = this.#bytes;
    const [bytes, shift] =
      start < length ? [this.#bytes, 0] : [this.#decoded ?? this.#bytes, length];
    let hash = seed;
    for (let at = start - shift; at < end - shift; at++) {
      hash = Math.imul(hash ^ (bytes[at] ?? 0), factor);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  #isSame(at: number, start: number, end: number): boolean {
    const other = this.#spans[at] ?? 0;
    if ((this.#spans[at + 1] ?? 0) - other !== end - start) return false;
    for (let i = 0; i < end - start; i++) {
      if (this.#byteAt(other + i) !== this.#byteAt(start + i)) return false;
    }
    return true;
  }

  #byteAt(at: number): number {
    const { length } = this.#bytes;
    return (at < length ? this.#bytes[at] : this.#decoded?.[at - length]) ?? 0;
  }

  /** Appends the name as UTF-8. It is never longer than with its escapes. */
  #decode(start: number, end: number): void {
    const bytes = this.#bytes;
    this.#decoded ??= Buffer.allocUnsafe(bytes.length);
    const out = this.#decoded;
    let to = this.#decodedLength;
    for (let at = start; at < end; ) {
      const byte = bytes[at] ?? 0;
      if (byte !== backslash) {
        out[to++] = byte;
        at += 1;
      } else if (bytes[at + 1] !== letterU) {
        out[to++] = escaped[bytes[at + 1] ?? 0] ?? 0;
        at += 2;
      } else {
        const unit = codeUnitAt(bytes, at);
        const low = isHigh(unit) && bytes[at + 6] === backslash ? codeUnitAt(bytes, at + 6) : 0;
        const isPair = isLow(low);
        const point = isPair ? 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00) : unit;
        to = writeUtf8(out, to, point);
        at += isPair ? 12 : 6;
      }
    }
    this.#decodedLength = to;
  }
}

/** Puts one more name into a table of pairs, of which the first is 0 where it is free. */
function place(table: Int32Array, name: number, hash: number): void {
  const mask = table.length / 2 - 1;
  let at = hash & mask;
  while (table[2 * at] !== 0) at = (at + 1) & mask;
  table[2 * at] = name;
  table[2 * at + 1] = hash;
}

/** The code unit that `\uXXXX` at this place stands for; NaN if there is no such escape. */
export function codeUnitAt(bytes: Buffer, at: number): number {
  if (bytes[at + 1] !== letterU) return Number.NaN;
  let unit = 0;
  for (let i = at + 2; i < at + 6; i++) {
    const byte = bytes[i] ?? 0;
    unit = unit * 16 + (byte <= nine ? byte - 0x30 : (byte | 0x20) - 0x57);
  }
  return unit;
}

/** Whether the code unit is the first, or the second, half of a surrogate pair. */
export const isHigh = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
export const isLow = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;

/** The byte that an escape stands for, by the byte after its backslash. */
const escaped = Uint8Array.from({ length: 256 }, (_, byte) => byte);
for (const [letter, byte] of Object.entries({ b: 8, t: 9, n: 10, f: 12, r: 13 })) {
  escaped[letter.charCodeAt(0)] = byte;
}

/** Writes a code point and returns where the next one goes. A lone surrogate takes three bytes here. */
function writeUtf8(out: Buffer, start: number, point: number): number {
  let to = start;
  if (point < 0x80) out[to++] = point;
  else if (point < 0x800) {
    out[to++] = 0xc0 | (point >> 6);
    out[to++] = 0x80 | (point & 63);
  } else {
    if (point < 0x10000) out[to++] = 0xe0 | (point >> 12);
    else {
      out[to++] = 0xf0 | (point >> 18);
      out[to++] = 0x80 | ((point >> 12) & 63);
    }
    out[to++] = 0x80 | ((point >> 6) & 63);
    out[to++] = 0x80 | (point & 63);
  }
  return to;
}
