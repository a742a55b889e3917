// Sums across the lanes of registers, and the trailing lanes of a vector whose length is not a multiple of four.

// @ts-ignore: decorator
@inline export function sumF32(v: v128): f32 {
  const half = f32x4.add(v, v128.shuffle<u32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(half, 0) + f32x4.extract_lane(half, 1);
}

// @ts-ignore: decorator
@inline export function sumF64(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

// @ts-ignore: decorator
@inline export function sumI32(v: v128): i32 {
  const half = i32x4.add(v, v128.shuffle<u32>(v, v, 2, 3, 0, 1));
  return i32x4.extract_lane(half, 0) + i32x4.extract_lane(half, 1);
}

/** The sums of four registers, one per lane. */
// @ts-ignore: decorator
@inline export function sumsI32(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(v128.shuffle<u32>(a, b, 0, 4, 1, 5), v128.shuffle<u32>(a, b, 2, 6, 3, 7));
  const cd = i32x4.add(v128.shuffle<u32>(c, d, 0, 4, 1, 5), v128.shuffle<u32>(c, d, 2, 6, 3, 7));
  return i32x4.add(v128.shuffle<u32>(ab, cd, 0, 1, 4, 5), v128.shuffle<u32>(ab, cd, 2, 3, 6, 7));
}

/** The last 1 to 3 f32 lanes, followed by zeros; reads no byte beyond them. */
// @ts-ignore: decorator
@inline export function lastLanes(at: usize, lanes: u32): v128 {
  if (lanes == 1) return v128.load32_zero(at);
  const two = v128.load64_zero(at);
  return lanes == 2 ? two : v128.load32_lane(at, two, 2, 8);
}
