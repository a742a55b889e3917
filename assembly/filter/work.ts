/**
 * What the scan under way may still do, in units of about 50 ns: a row takes one, and what reads long texts, arrays and objects takes
 * more. A scan stops when it is used up.
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
