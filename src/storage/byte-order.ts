/**
 * Keys are ordered by their UTF-8 bytes. JavaScript compares strings by UTF-16 units, which differs
 * in one place: surrogates (characters from U+10000 up) stand below U+E000..U+FFFF there, but their
 * bytes stand above. The classic fix-up moves both ranges, so that units compare as bytes do.
 */
const OUT_OF_ORDER = /[\ud800-\uffff]/;
const EACH_OUT_OF_ORDER = /[\ud800-\uffff]/g;

const moved = (unit: string): string => {
  const code = unit.charCodeAt(0);
  return String.fromCharCode(code < 0xe000 ? code + 0x2000 : code - 0x800);
};

/**
 * A string that compares with `<` as the key's bytes do. Unit by unit, so that the rank of a prefix
 * is a prefix of the rank; nearly every key is its own rank.
 */
export const byteRank = (key: string): string =>
  OUT_OF_ORDER.test(key) ? key.replace(EACH_OUT_OF_ORDER, moved) : key;

export const compareBytes = (one: string, other: string): number => {
  const [left, right] = [byteRank(one), byteRank(other)];
  return left < right ? -1 : left > right ? 1 : 0;
};
