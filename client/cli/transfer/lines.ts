/** The lines of a file of bytes. `node:readline` also ends lines at characters that JSON strings may hold. */

/** A key and a value of the largest size, each of their bytes escaped. */
const lineBytesMax = 16 * 1024 * 1024;
const lineEnd = 0x0a;

/** Without their ends. Throws for a line that no export has. */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const given of chunks) {
    const chunk = Buffer.from(given as Uint8Array);
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(lineEnd, start);
      if (end === -1) break;
      yield Buffer.concat([...rest, chunk.subarray(start, end)]);
      rest = [];
      restBytes = 0;
      start = end + 1;
    }
    rest.push(chunk.subarray(start));
    restBytes += chunk.length - start;
    if (restBytes > lineBytesMax) throw new Error(`a line is longer than ${lineBytesMax} bytes`);
  }
  if (restBytes > 0) yield Buffer.concat(rest);
}
