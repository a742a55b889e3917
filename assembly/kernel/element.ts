// Converts lanes stored in fewer bytes to f32. Every finite value of f16, bf16 and int8 is also one of f32.

/**
 * IEEE 754 binary16: exponent and fraction are moved into place and scaled by 2^112, which is also right for subnormal
 * values.
 */
export function lanesOfHalf(from: usize, to: usize, lanes: u32): void {
  for (let i: usize = 0; i < lanes; i++) {
    const half = <u32>load<u16>(from + (i << 1));
    const magnitude = reinterpret<f32>((half & 0x7fff) << 13) * reinterpret<f32>(0x77800000);
    store<f32>(to + (i << 2), half & 0x8000 ? -magnitude : magnitude);
  }
}

/** bfloat16: the upper half of an f32. */
export function lanesOfBfloat(from: usize, to: usize, lanes: u32): void {
  for (let i: usize = 0; i < lanes; i++) store<u32>(to + (i << 2), <u32>load<u16>(from + (i << 1)) << 16);
}

/** A scale, followed by codes. */
export function lanesOfCodes(from: usize, to: usize, lanes: u32): void {
  const scale = load<f32>(from);
  for (let i: usize = 0; i < lanes; i++) store<f32>(to + (i << 2), <f32>load<i8>(from + i, 4) * scale);
}

export function lanesOfInt8(from: usize, to: usize, lanes: u32): void {
  for (let i: usize = 0; i < lanes; i++) store<f32>(to + (i << 2), <f32>load<i8>(from + i));
}
