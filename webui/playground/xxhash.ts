/**
 * XXH64 of a text, as the package `xxhash-wasm` computes it, without WebAssembly: a policy that allows that would have to
 * allow more than this page. Slower, and called for a few records only.
 */
const mask = 0xffff_ffff_ffff_ffffn;
const primes = [
  0x9e37_79b1_85eb_ca87n,
  0xc2b2_ae3d_27d4_eb4fn,
  0x1656_67b1_9e37_79f9n,
  0x85eb_ca77_c2b2_ae63n,
  0x27d4_eb2f_1656_67c5n,
] as const;
const [prime1, prime2, prime3, prime4, prime5] = primes;

const rotated = (value: bigint, bits: bigint): bigint =>
  ((value << bits) | (value >> (64n - bits))) & mask;
const round = (state: bigint, lane: bigint): bigint =>
  (rotated((state + lane * prime2) & mask, 31n) * prime1) & mask;
const merged = (state: bigint, lane: bigint): bigint =>
  ((state ^ round(0n, lane)) * prime1 + prime4) & mask;

export function h64(text: string): bigint {
  const bytes = new TextEncoder().encode(text);
  const view = new DataView(bytes.buffer);
  let at = 0;
  let hash: bigint = prime5;
  if (bytes.length >= 32) {
    const lanes = [(prime1 + prime2) & mask, prime2, 0n, -prime1 & mask];
    for (; at + 32 <= bytes.length; at += 32)
      for (const [lane, state] of lanes.entries())
        lanes[lane] = round(state, view.getBigUint64(at + 8 * lane, true));
    const shifts = [1n, 7n, 12n, 18n];
    hash = lanes.reduce((sum, state, lane) => sum + rotated(state, shifts[lane] ?? 0n), 0n) & mask;
    for (const state of lanes) hash = merged(hash, state);
  }
  hash = (hash + BigInt(bytes.length)) & mask;
  for (; at + 8 <= bytes.length; at += 8) {
    hash ^= round(0n, view.getBigUint64(at, true));
    hash = (rotated(hash, 27n) * prime1 + prime4) & mask;
  }
  if (at + 4 <= bytes.length) {
    hash ^= (BigInt(view.getUint32(at, true)) * prime1) & mask;
    hash = (rotated(hash, 23n) * prime2 + prime3) & mask;
    at += 4;
  }
  for (; at < bytes.length; at += 1) {
    hash ^= (BigInt(bytes[at] ?? 0) * prime5) & mask;
    hash = (rotated(hash, 11n) * prime1) & mask;
  }
  hash = ((hash ^ (hash >> 33n)) * prime2) & mask;
  hash = ((hash ^ (hash >> 29n)) * prime3) & mask;
  return hash ^ (hash >> 32n);
}
