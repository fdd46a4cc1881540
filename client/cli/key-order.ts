/**
 * Byte order of UTF-8 keys, as nodes list them. JavaScript compares UTF-16 units, which puts emoji and
 * other keys beyond the basic plane before U+E000; code points compare just as UTF-8 bytes do.
 */
export function compareKeys(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length);
  for (let index = 0; index < shorter; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a === b) continue;
    // Only a surrogate is out of place, and it belongs above every other unit.
    return lifted(a) - lifted(b);
  }
  return left.length - right.length;
}

const lifted = (unit: number): number =>
  unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit;
