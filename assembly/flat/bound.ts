// What codes prove about a distance. With q = t d + e (d: the query's codes, t their scale, e the rest) and x = s c + r:
//
//   dot      q x = t s (d c) + e (s c) + q r, so |q x - t s (d c)| <= |e| |s c| + |q| |r|.
//   squared  |q - x| >= |q - s c| - |r|, and |q - s c|^2 = |q|^2 + |s c|^2 - 2 t s (d c) - 2 e (s c), the last term at most 2 |e| |s c|.
//
// A row keeps s, an upper bound of |r|, and |s c|; a query t, an upper bound of |e|, and |q|. Distances answered are computed in f64
// from the lanes; a row is passed over only if its bound is farther than the farthest kept. Cosine distance is half the squared
// distance of the vectors divided by their norms, so it takes the second form. A zero vector stands at 1 from everything, which
// its bound, at most 1/2, keeps.
//
// The bounds themselves are computed in f32. ROUNDING times the terms covers that: (d c) is exact before it is rounded once, and each
// form has fewer than 8 roundings of 2^-24. Rows and queries too large for squares in f32 have an infinite rest, and what underflows is
// covered by TINY; a comparison with NaN passes nothing over.

import { METRIC_COSINE, METRIC_IP } from "../abi";
import { queryNorm, queryResidual, queryScale, querySquare, rowNorm, rowResidual, rowScale } from "../vector";

const ROUNDING: f32 = 1e-6;
const TINY: f32 = 1e-37;

/** Rounds a limit up. */
// @ts-ignore: decorator
@inline function up(limit: f64): f32 {
  return <f32>(limit + abs(limit) * 3e-7);
}

/** A limit as the bounds compare with it: of the dot itself, else the distance of the vectors. */
// @ts-ignore: decorator
@inline export function boundLimit(metric: u32, limit: f64): f32 {
  if (metric == METRIC_IP) return up(limit);
  return up(sqrt(metric == METRIC_COSINE ? limit * 2 : limit));
}

// The terms of a query, each to multiply a row's: see isBeyond.
export let boundScale: f32 = 0;
export let boundNorm: f32 = 0;
export let boundResidual: f32 = 0;
export let boundSquare: f32 = 0;

/** Looks at a query. */
export function boundOf(query: usize, metric: u32): void {
  const error = queryResidual(query);
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
  }
}

/** Whether a row is surely farther than the limit; `dot` is that of the codes. */
// @ts-ignore: decorator
@inline export function isBeyond(row: usize, dot: i32, isDot: bool, limit: f32): bool {
  const norm = rowNorm(row);
  const shared = <f32>dot * (boundScale * rowScale(row)) + norm * boundNorm;
  if (isDot) return -shared - rowResidual(row) * boundResidual - TINY > limit;
  const reach = limit + rowResidual(row);
  return boundSquare + norm * norm * (1 - ROUNDING) - shared > reach * reach;
}

/** The same of four rows, whose heads stand at the addresses: a bit for each that is not surely farther and has a vector. */
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
    f32x4.mul(f32x4.convert_i32x4_s(dots), f32x4.mul(f32x4.splat(boundScale), scales)),
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
