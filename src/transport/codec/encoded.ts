/** Messages to bytes, all of them by one writer: its memory grows once, and not with every message anew. */
import { BinaryWriter } from "@bufbuild/protobuf/wire";

/** A writer that wrote a longer message is given up: its memory is some times as large. */
const keptBytesMax = 1024 * 1024;
const uint32End = 2 ** 32;

/** Undefined also after a message that could not be written: half of it is in its writer. */
let spare: NumberWriter | undefined;

/** The bytes of a message, in memory of their own. */
export function encoded<Message>(
  { encode }: { encode(message: Message, writer: BinaryWriter): BinaryWriter },
  message: Message,
): Buffer {
  const writer = spare ?? new NumberWriter();
  spare = undefined;
  const bytes = encode(message, writer).finish();
  if (bytes.length <= keptBytesMax) spare = writer;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The library makes a BigInt of every number of 64 bits. Most are small, and have the same bytes with 32. */
class NumberWriter extends BinaryWriter {
  override uint64(value: string | number | bigint): this {
    const isSmall = typeof value === "number" && value >= 0 && value < uint32End;
    return isSmall ? this.uint32(value) : super.uint64(value);
  }
}
