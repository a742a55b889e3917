// Counts packed bits, in any number of bytes. i64.popcnt is faster here than i8x16.popcnt and its widening sums.

/** The last 1 to 7 bytes as one word. */
// @ts-ignore: decorator
@inline function lastBytes(at: usize, bytes: usize): u64 {
  let word: u64 = 0;
  for (let i: usize = 0; i < bytes; i++) word |= <u64>load<u8>(at + i) << (i << 3);
  return word;
}

/** Number of bits that differ. */
export function hammingBits(a: usize, b: usize, bytes: usize): u32 {
  let count: u64 = 0;
  let at: usize = 0;
  for (; at + 8 <= bytes; at += 8) count += popcnt<u64>(load<u64>(a + at) ^ load<u64>(b + at));
  if (at < bytes) count += popcnt<u64>(lastBytes(a + at, bytes - at) ^ lastBytes(b + at, bytes - at));
  return <u32>count;
}

/** Number of bits set in both. */
export function commonBits(a: usize, b: usize, bytes: usize): u32 {
  let count: u64 = 0;
  let at: usize = 0;
  for (; at + 8 <= bytes; at += 8) count += popcnt<u64>(load<u64>(a + at) & load<u64>(b + at));
  if (at < bytes) count += popcnt<u64>(lastBytes(a + at, bytes - at) & lastBytes(b + at, bytes - at));
  return <u32>count;
}

export function countBits(a: usize, bytes: usize): u32 {
  return commonBits(a, a, bytes);
}
