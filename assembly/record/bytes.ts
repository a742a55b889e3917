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

/** The number of UTF-8 bytes at `address` that `units` UTF-16 units take; -1 if that splits a character. */
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

/**
 * Whether UTF-8 text encoded from UTF-16 may contain anything that was a surrogate: a pair takes four bytes, from 0xf0
 * on, and a lone surrogate became U+FFFD, which begins with 0xef.
 */
export function utf8MayHoldSurrogates(address: usize, bytes: usize): bool {
  const end = address + bytes;
  let at = address;
  for (; at + 16 <= end; at += 16) {
    if (v128.any_true(i8x16.ge_u(v128.load(at), i8x16.splat(<i8>0xef)))) return true;
  }
  for (; at < end; at++) if (load<u8>(at) >= 0xef) return true;
  return false;
}

/** Longer copies are worth the call. */
const COPY_BYTES_MAX: usize = 1024;

/** Copies a range to one that does not overlap it. */
export function bytesCopy(to: usize, from: usize, bytes: usize): void {
  if (bytes > COPY_BYTES_MAX) {
    memory.copy(to, from, bytes);
  } else if (bytes >= 16) {
    // The last step overlaps the one before, so nothing past the end is touched.
    const last = bytes - 16;
    for (let i: usize = 0; i < last; i += 16) v128.store(to + i, v128.load(from + i));
    v128.store(to + last, v128.load(from + last));
  } else if (bytes >= 8) {
    store<u64>(to, load<u64>(from));
    store<u64>(to + bytes - 8, load<u64>(from + bytes - 8));
  } else {
    for (let i: usize = 0; i < bytes; i++) store<u8>(to + i, load<u8>(from + i));
  }
}
