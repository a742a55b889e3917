/** Whether two ranges hold the same bytes. */
export function bytesEqual(a: usize, b: usize, bytes: usize): bool {
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) {
    if (v128.any_true(v128.xor(v128.load(a + i), v128.load(b + i)))) return false;
  }
  if (i + 8 <= bytes) {
    if (load<u64>(a + i) != load<u64>(b + i)) return false;
    i += 8;
  }
  for (; i < bytes; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}

/** Bytes of the UTF-8 text that `units` UTF-16 units take at `address`; -1 if that splits a character. */
export function utf8Bytes(address: usize, units: u32): i32 {
  let at = address;
  let left = <i32>units;
  while (left >= 16 && !v128.any_true(v128.and(v128.load(at), i8x16.splat(-128)))) {
    at += 16;
    left -= 16;
  }
  while (left > 0) {
    const byte = <u32>load<u8>(at);
    if (byte < 0x80) {
      at += 1;
      left -= 1;
    } else if (byte < 0xe0) {
      at += 2;
      left -= 1;
    } else if (byte < 0xf0) {
      at += 3;
      left -= 1;
    } else {
      at += 4;
      left -= 2;
    }
  }
  return left == 0 ? <i32>(at - address) : -1;
}
