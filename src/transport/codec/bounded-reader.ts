/** Reads no more parts than messages really have: an empty one takes two bytes on the wire, and fifty times that here. */
import { BinaryReader } from "@bufbuild/protobuf/wire";

/** Tags and lengths of one message: a whole window of batches has fewer. Each takes a byte at least. */
const partsMax = 4 * 1024 * 1024;

/** A reader that throws where a message has too many parts. */
export function boundedReader(bytes: Buffer): BinaryReader {
  const reader = new BinaryReader(bytes);
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
