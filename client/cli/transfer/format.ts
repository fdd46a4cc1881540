/**
 * The file of export and import, one JSON document a line: a header, the entries in the order of their keys,
 * and a trailer that proves the file whole. The values are their text, so every digit survives.
 */
import { createHash, type Hash } from "node:crypto";
import { membersOf } from "../../src/json-text.ts";
import { compareKeys } from "../key-order.ts";

const formatName = "quorum-kv-export";
const formatVersion = 1;

export interface Header {
  readonly prefix: string;
  /** The state of the first entries is that of this sequence. */
  readonly sequence: number;
  /** The digest of the whole store at that sequence; null where the file is not all of it. */
  readonly digest: string | null;
}

export interface Trailer {
  readonly count: number;
  /** The sequence of the last entries: that of the header, if nobody wrote meanwhile. */
  readonly sequence: number;
}

export interface Record {
  readonly key: string;
  /** JSON text. */
  readonly value: string;
  readonly version: number;
}

/** Lines, each to be followed by a line end. */
export class ExportWriter {
  readonly #hash: Hash = createHash("sha256");
  #count = 0;

  header({ prefix, sequence, digest }: Header): string {
    const head = { format: formatName, formatVersion, prefix, sequence, digest };
    return this.#hashed(JSON.stringify(head));
  }

  record({ key, value, version }: Record): string {
    this.#count += 1;
    return this.#hashed(`{"key":${JSON.stringify(key)},"value":${value},"version":${version}}`);
  }

  trailer(sequence: number): string {
    return JSON.stringify({
      end: formatName,
      count: this.#count,
      sequence,
      sha256: this.#hash.digest("hex"),
    });
  }

  #hashed(line: string): string {
    this.#hash.update(`${line}\n`);
    return line;
  }
}

/** What is wrong with a file, and where. */
export class FormatError extends Error {
  constructor(line: number, problem: string) {
    super(`line ${line}: ${problem}`);
  }
}

/** Reads line by line, and throws a FormatError at the first fault. */
export class ExportReader {
  readonly #hash: Hash = createHash("sha256");
  #line = 0;
  #count = 0;
  #header: Header | undefined;
  #trailer: Trailer | undefined;
  #last: string | undefined;

  /** The record of this line; undefined for the header and the trailer. */
  line(bytes: Uint8Array): Record | undefined {
    this.#line += 1;
    if (this.#trailer !== undefined) throw this.#fault("something follows the trailer");
    const text = this.#text(bytes);
    const members = this.#members(text);
    if (this.#header === undefined) {
      this.#header = this.#readHeader(members);
    } else if (members.has("end")) {
      this.#trailer = this.#readTrailer(members);
      return undefined;
    } else {
      return this.#hashed(bytes, this.#readRecord(members));
    }
    return this.#hashed(bytes, undefined);
  }

  /** Called after the last line. */
  end(): { readonly header: Header; readonly trailer: Trailer } {
    if (this.#header !== undefined && this.#trailer !== undefined) {
      return { header: this.#header, trailer: this.#trailer };
    }
    this.#line += 1;
    throw this.#fault("the file ends before its trailer: it is not whole");
  }

  #hashed<T>(bytes: Uint8Array, result: T): T {
    this.#hash.update(bytes).update("\n");
    return result;
  }

  #text(bytes: Uint8Array): string {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw this.#fault("it is not UTF-8");
    }
  }

  #members(text: string): Map<string, string> {
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === "object" && value !== null && !Array.isArray(value)) {
        return membersOf(text);
      }
    } catch {
      // Told below.
    }
    throw this.#fault("it is not a JSON object");
  }

  #readHeader(members: Map<string, string>): Header {
    const { format, formatVersion: version, prefix, sequence, digest } = parsed(members);
    if (format !== formatName || typeof prefix !== "string" || typeof sequence !== "number") {
      throw this.#fault("it is not the header of an export");
    }
    if (version !== formatVersion)
      throw this.#fault(`its version is ${version}, not ${formatVersion}`);
    return { prefix, sequence, digest: typeof digest === "string" ? digest : null };
  }

  #readTrailer(members: Map<string, string>): Trailer {
    const { count, sequence, sha256 } = parsed(members);
    if (count !== this.#count || typeof sequence !== "number") {
      throw this.#fault(`it promises ${count} entries, but there are ${this.#count}`);
    }
    if (sha256 !== this.#hash.digest("hex")) throw this.#fault("the checksum is another one");
    return { count, sequence };
  }

  #readRecord(members: Map<string, string>): Record {
    const { key, version } = parsed(members);
    const value = members.get("value");
    if (typeof key !== "string" || typeof version !== "number" || value === undefined) {
      throw this.#fault("it is not an entry");
    }
    if (this.#last !== undefined && compareKeys(this.#last, key) >= 0) {
      throw this.#fault("its key does not follow the one before");
    }
    this.#last = key;
    this.#count += 1;
    return { key, value, version };
  }

  #fault(problem: string): FormatError {
    return new FormatError(this.#line, problem);
  }
}

/** The members but for `value`, whose digits would not survive it. */
const parsed = (members: Map<string, string>): Readonly<{ [name: string]: unknown }> =>
  Object.fromEntries(
    [...members]
      .filter(([name]) => name !== "value")
      .map(([name, text]) => [name, JSON.parse(text)]),
  );
