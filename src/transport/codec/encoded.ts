/** Messages to bytes, all of them by one writer: its memory grows once, and not with every message anew. */
import { BinaryWriter } from "@bufbuild/protobuf/wire";

/** A writer that wrote a longer message is given up: its memory is some times as large. */
const keptBytesMax = 1024 * 1024;

/** Undefined also after a message that could not be written: half of it is in its writer. */
let spare: BinaryWriter | undefined;

/** The bytes of a message, in memory of their own. */
export function encoded<Message>(
  { encode }: { encode(message: Message, writer: BinaryWriter): BinaryWriter },
  message: Message,
): Buffer {
  const writer = spare ?? new BinaryWriter();
  spare = undefined;
  const bytes = encode(message, writer).finish();
  if (bytes.length <= keptBytesMax) spare = writer;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
