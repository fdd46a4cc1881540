/** Reads messages: no more parts than they really have, and 64-bit numbers as numbers. */
import { BinaryReader } from "@bufbuild/protobuf/wire";

/**
 * Tags and lengths of one message: a whole window of batches has fewer. Each takes a byte at least. An empty
 * message takes two bytes on the wire, and fifty times that here.
 */
const partsMax = 4 * 1024 * 1024;

/** A reader that throws where a message has too many parts. */
export function boundedReader(bytes: Buffer): BinaryReader {
  const reader = new NumberReader(bytes);
  if (bytes.length <= partsMax) return reader;
  const read = reader.uint32.bind(reader);
  let left = partsMax;
  reader.uint32 = () => {
    left -= 1;
    if (left < 0) throw new Error(`a message of more than ${partsMax} parts`);
    return read();
  };
  return reader;
}

/** Bytes of the longest number of 64 bits. */
const numberBytesMax = 10;

/** Reads numbers of 64 bits as numbers. The library makes a BigInt of each, which costs several times as much. */
class NumberReader extends BinaryReader {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    super(bytes);
    this.#bytes = bytes;
  }

  /**
   * The generated code asks for the text of what is returned, which a number has as well. It refuses what is not a
   * safe integer. Such a number may be rounded here, and is refused all the same.
   */
  override uint64(): bigint {
    const end = this.pos + numberBytesMax;
    let [value, scale] = [0, 1];
    for (let at = this.pos; at < end; at += 1) {
      const byte = this.#bytes[at];
      if (byte === undefined) throw new RangeError("a message ends within a number");
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
      if (byte < 0x80) {
        this.pos = at + 1;
        return value as unknown as bigint;
      }
    }
    throw new Error(`a number of more than ${numberBytesMax} bytes`);
  }
}
