// What the codes prove about a distance. Let q = t d + e (d: the query's codes, t their scale, e the residual) and x =
// s c + r:
//
//   dot      q x = t s (d c) + e (s c) + q r, so |q x - t s (d c)| <= |e| |s c| + |q| |r|.
//   squared  |q - x| >= |q - s c| - |r|, and |q - s c|^2 = |q|^2 + |s c|^2 - 2 t s (d c) - 2 e (s c), the last term at most 2 |e| |s c|.
//
// Both hold in the other direction as well: |q - x| <= |q - s c| + |r|. So codes also bound from above how far away a
// row is, and the k least such bounds limit how far the k nearest are (waiting.ts). Under cosine this does not hold for
// zero vectors.
//
// A row keeps s, an upper bound of |r|, and |s c|; a query t, an upper bound of |e|, and |q|. Distances returned are
// computed in f64 from the lanes; a row is skipped only if its bound is farther than the farthest row kept. Cosine
// distance is half the squared distance of the vectors divided by their norms, so it takes the second form. A zero
// vector is at distance 1 from everything; its bound of at most 1/2 is below that.
//
// The bounds themselves are computed in f32. ROUNDING times the terms covers that: (d c) is exact before it is rounded
// once, and each form has fewer than 8 roundings of 2^-24. Rows and queries too large to be squared in f32 have an
// infinite residual, and TINY covers underflow; a comparison with NaN skips no row.

import { METRIC_COSINE, METRIC_IP } from "../abi";
import { queryNorm, queryResidual, queryScale, querySquare, queryTail, rowNorm, rowResidual, rowScale } from "../vector";

const ROUNDING: f32 = 1e-6;
const TINY: f32 = 1e-35;

/** Rounds a limit up. */
// @ts-ignore: decorator
@inline function up(limit: f64): f32 {
  return <f32>(limit + abs(limit) * 3e-7);
}

/**
 * A limit as the bounds are compared with it: of the dot itself for METRIC_IP, otherwise the distance of the vectors.
 */
// @ts-ignore: decorator
@inline export function boundLimit(metric: u32, limit: f64): f32 {
  if (metric == METRIC_IP) return up(limit);
  return up(sqrt(metric == METRIC_COSINE ? limit * 2 : limit));
}

// The terms of a query, each a factor of a row's: see isBeyond.
let boundScale: f32 = 0;
let boundNorm: f32 = 0;
let boundResidual: f32 = 0;
let boundSquare: f32 = 0;
let boundSquareMost: f64 = 0;
/**
 * Whether rows without a direction, or a query without one, are at a distance that the codes do not bound from above.
 */
let isUnit: bool = false;

/** Sets the terms to those of a query. */
export function boundOf(query: usize, metric: u32): void {
  const error = queryResidual(query);
  isUnit = metric == METRIC_COSINE;
  if (metric == METRIC_IP) {
    boundScale = queryScale(query);
    boundNorm = error + queryNorm(query) * ROUNDING;
    boundResidual = queryNorm(query) * (1 + ROUNDING);
    boundSquare = 0;
  } else {
    boundScale = queryScale(query) * 2;
    boundNorm = error * 2;
    boundResidual = 0;
    boundSquare = querySquare(query) * (1 - ROUNDING) - TINY;
    boundSquareMost = isUnit && queryNorm(query) == 0 ? Infinity : <f64>querySquare(query) * (1 + <f64>ROUNDING) + <f64>TINY;
  }
}

/**
 * The least that the dot of a query's codes with a row's, times the row's scale, can be unless the row is surely
 * farther than the limit; derived from what is known of all rows of its chunk. -Infinity or NaN: nothing is known.
 */
export function boundFloor(range: usize, isDot: bool, limit: f32): f32 {
  const normMax = <f64>load<f32>(range, 4);
  const residual = <f64>load<f32>(range, 8);
  const farther = normMax * <f64>boundNorm;
  let floor: f64;
  if (isDot) {
    floor = -<f64>limit - farther - residual * <f64>boundResidual - <f64>TINY;
  } else {
    const normMin = <f64>load<f32>(range);
    const reach = <f64>limit + residual;
    floor = <f64>boundSquare + normMin * normMin * (1 - <f64>ROUNDING) - farther - reach * reach;
  }
  return below(floor / <f64>boundScale);
}

/** The same when only the heads have been multiplied: the tails may point in the same direction. */
export function boundHeadFloor(floor: f32, query: usize, range: usize): f32 {
  return below(<f64>floor - <f64>queryTail(query) * <f64>load<f32>(range, 12) / <f64>queryScale(query));
}

/** Rounds down, by enough that the rounding of a product does not matter. */
// @ts-ignore: decorator
@inline function below(floor: f64): f32 {
  return <f32>(floor - abs(floor) * 5e-7);
}

/** Rounds up. */
// @ts-ignore: decorator
@inline function above(bound: f64): f32 {
  return <f32>(bound + abs(bound) * 5e-7);
}

/** The scales of four rows. */
// @ts-ignore: decorator
@inline export function scales4(r0: usize, r1: usize, r2: usize, r3: usize): v128 {
  const low = v128.shuffle<u32>(v128.load64_zero(r0), v128.load64_zero(r1), 0, 4, 1, 5);
  const high = v128.shuffle<u32>(v128.load64_zero(r2), v128.load64_zero(r3), 0, 4, 1, 5);
  return v128.shuffle<u64>(low, high, 1, 3);
}

/** Whether a row is surely farther than the limit; `dot` is the dot of the codes. */
// @ts-ignore: decorator
@inline export function isBeyond(row: usize, dot: f32, isDot: bool, limit: f32): bool {
  const norm = rowNorm(row);
  const shared = dot * (boundScale * rowScale(row)) + norm * boundNorm;
  if (isDot) return -shared - rowResidual(row) * boundResidual - TINY > limit;
  const reach = limit + rowResidual(row);
  return boundSquare + norm * norm * (1 - ROUNDING) - shared > reach * reach;
}

/** A lower bound of what boundLimit makes of a row's distance; -Infinity or NaN: nothing is known. */
export function boundLeast(row: usize, dot: f32, isDot: bool): f32 {
  const norm = <f64>rowNorm(row);
  const residual = <f64>rowResidual(row);
  const shared = <f64>dot * <f64>boundScale * <f64>rowScale(row) + norm * <f64>boundNorm;
  if (isDot) return below(-shared - residual * <f64>boundResidual - <f64>TINY);
  const square = <f64>boundSquare + norm * norm * (1 - <f64>ROUNDING) - shared;
  return below(sqrt(max<f64>(0, square)) - residual);
}

/** An upper bound of the same; Infinity or NaN: nothing is known. */
export function boundMost(row: usize, dot: f32, isDot: bool): f32 {
  const norm = <f64>rowNorm(row);
  const residual = <f64>rowResidual(row);
  const shared = <f64>dot * <f64>boundScale * <f64>rowScale(row) - norm * <f64>boundNorm;
  if (isDot) return above(residual * <f64>boundResidual + <f64>TINY - shared);
  if (isUnit && norm == 0) return Infinity;
  const square = boundSquareMost + norm * norm * (1 + <f64>ROUNDING) - shared;
  return above(sqrt(max<f64>(0, square)) + residual);
}

/** isBeyond for the four rows at the addresses: a bit for each row that has a vector and is not surely farther. */
// @ts-ignore: decorator
@inline export function candidates4(r0: usize, r1: usize, r2: usize, r3: usize, dots: v128, isDot: bool, limit: f32): i32 {
  const h0 = v128.load(r0);
  const h1 = v128.load(r1);
  const h2 = v128.load(r2);
  const h3 = v128.load(r3);
  const front01 = v128.shuffle<u32>(h0, h1, 0, 4, 1, 5);
  const front23 = v128.shuffle<u32>(h2, h3, 0, 4, 1, 5);
  const back01 = v128.shuffle<u32>(h0, h1, 2, 6, 3, 7);
  const back23 = v128.shuffle<u32>(h2, h3, 2, 6, 3, 7);
  const vectors = v128.shuffle<u32>(front01, front23, 0, 1, 4, 5);
  const scales = v128.shuffle<u32>(front01, front23, 2, 3, 6, 7);
  const residuals = v128.shuffle<u32>(back01, back23, 0, 1, 4, 5);
  const norms = v128.shuffle<u32>(back01, back23, 2, 3, 6, 7);
  const shared = f32x4.add(
    f32x4.mul(dots, f32x4.mul(f32x4.splat(boundScale), scales)),
    f32x4.mul(norms, f32x4.splat(boundNorm)),
  );
  let beyond: v128;
  if (isDot) {
    const least = f32x4.sub(f32x4.sub(f32x4.neg(shared), f32x4.mul(residuals, f32x4.splat(boundResidual))), f32x4.splat(TINY));
    beyond = f32x4.gt(least, f32x4.splat(limit));
  } else {
    const reach = f32x4.add(f32x4.splat(limit), residuals);
    const square = f32x4.add(f32x4.splat(boundSquare), f32x4.mul(f32x4.mul(norms, norms), f32x4.splat(1 - ROUNDING)));
    beyond = f32x4.gt(f32x4.sub(square, shared), f32x4.mul(reach, reach));
  }
  return i32x4.bitmask(v128.andnot(i32x4.ne(vectors, i32x4.splat(0)), beyond));
}
