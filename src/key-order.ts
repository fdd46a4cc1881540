/** The order of keys in lists and pages: that of their UTF-8 bytes. */

const outOfOrder = /[\ud800-\uffff]/;
const eachOutOfOrder = /[\ud800-\uffff]/g;

/**
 * A string that compares with `<` as the UTF-8 bytes of the key do. JavaScript compares UTF-16
 * units, which puts surrogates (characters from U+10000 up) below U+E000..U+FFFF, although their
 * bytes are higher. Both ranges are therefore moved. The rank of a prefix is a prefix of the rank,
 * and nearly every key is its own rank.
 */
export const byteRank = (key: string): string =>
  outOfOrder.test(key) ? key.replace(eachOutOfOrder, movedUnit) : key;

function movedUnit(unit: string): string {
  const code = unit.charCodeAt(0);
  return String.fromCharCode(code < 0xe000 ? code + 0x2000 : code - 0x800);
}

/** Negative, 0 or positive, as the UTF-8 bytes of `left` are lower, equal or higher. */
export function compareBytes(left: string, right: string): number {
  const [leftRank, rightRank] = [byteRank(left), byteRank(right)];
  return leftRank < rightRank ? -1 : leftRank > rightRank ? 1 : 0;
}
