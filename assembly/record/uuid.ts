// A lower-case UUID string (8-4-4-4-12 hexadecimal digits) takes 16 bytes instead of 36. Which strings are packed depends on
// the bytes alone, so a packed key and a plain one are never the same key.

/** Packs the 36 bytes at `from`; returns false, with nothing meaningful at `to`, if they are not such a UUID. */
export function uuidPack(from: usize, to: usize): bool {
  if (load<u8>(from, 8) != 0x2d || load<u8>(from, 13) != 0x2d || load<u8>(from, 18) != 0x2d || load<u8>(from, 23) != 0x2d) return false;
  const low = v128.load(from);
  const middle = v128.load(from, 16);
  const high = v128.load(from, 20);
  const a = i8x16.shuffle(low, middle, 0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 16, 17);
  const b = i8x16.shuffle(middle, high, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 28, 29, 30, 31);
  const digitsA = i8x16.sub(a, i8x16.splat(0x30));
  const digitsB = i8x16.sub(b, i8x16.splat(0x30));
  const lettersA = i8x16.sub(a, i8x16.splat(0x61));
  const lettersB = i8x16.sub(b, i8x16.splat(0x61));
  const isDigitA = i8x16.lt_u(digitsA, i8x16.splat(10));
  const isDigitB = i8x16.lt_u(digitsB, i8x16.splat(10));
  const isHexA = v128.or(isDigitA, i8x16.lt_u(lettersA, i8x16.splat(6)));
  const isHexB = v128.or(isDigitB, i8x16.lt_u(lettersB, i8x16.splat(6)));
  if (!i8x16.all_true(v128.and(isHexA, isHexB))) return false;
  const nibblesA = v128.bitselect(digitsA, i8x16.add(lettersA, i8x16.splat(10)), isDigitA);
  const nibblesB = v128.bitselect(digitsB, i8x16.add(lettersB, i8x16.splat(10)), isDigitB);
  const mask = i16x8.splat(0xff);
  const bytesA = v128.or(i16x8.shl(v128.and(nibblesA, mask), 4), i16x8.shr_u(nibblesA, 8));
  const bytesB = v128.or(i16x8.shl(v128.and(nibblesB, mask), 4), i16x8.shr_u(nibblesB, 8));
  v128.store(to, i8x16.narrow_i16x8_u(bytesA, bytesB));
  return true;
}

/** Writes the 36 characters of the 16 bytes at `from`. */
export function uuidFormat(from: usize, to: usize): void {
  const bytes = v128.load(from);
  const alphabet = i8x16(48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102);
  const high = i8x16.swizzle(alphabet, i8x16.shr_u(bytes, 4));
  const low = i8x16.swizzle(alphabet, v128.and(bytes, i8x16.splat(15)));
  const a = i8x16.shuffle(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const b = i8x16.shuffle(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  store<u64>(to, i64x2.extract_lane(a, 0));
  store<u8>(to, 0x2d, 8);
  const aHigh = i64x2.extract_lane(a, 1);
  store<u32>(to, <u32>aHigh, 9);
  store<u8>(to, 0x2d, 13);
  store<u32>(to, <u32>(aHigh >> 32), 14);
  store<u8>(to, 0x2d, 18);
  store<u32>(to, i32x4.extract_lane(b, 0), 19);
  store<u8>(to, 0x2d, 23);
  store<u64>(to, i64x2.extract_lane(i8x16.shuffle(b, b, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 12, 13, 14, 15), 0), 24);
  store<u32>(to, i32x4.extract_lane(b, 3), 32);
}
