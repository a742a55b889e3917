/**
 * The work that the current scan may still do, in units of about 50 ns: a row costs one, and reading long texts, arrays
 * and objects costs more. A scan stops when nothing is left.
 */
export let workLeft: i32 = 0;

// @ts-ignore: decorator
@inline export function workSet(units: i32): void {
  workLeft = units;
}

// @ts-ignore: decorator
@inline export function workSpend(units: u32): void {
  workLeft -= <i32>min<u32>(units, 0x3fffffff);
  if (workLeft < -0x3fffffff) workLeft = -0x3fffffff;
}
