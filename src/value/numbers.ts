// Arrays of plain numbers, as JSON has them, for vectors on their way out.

/** The array to copy; it has the length that was last asked for. */
let blank: number[] = []

/**
 * An array of `length` numbers, to be overwritten. It has no holes, and V8 keeps doubles in it from the start, which
 * takes a third of the time of pushing.
 */
export function blankNumbers(length: number): number[] {
  if (blank.length !== length) for (blank = []; blank.length < length; ) blank.push(0.5)
  return blank.slice()
}

/** The lanes as numbers. */
export function numbersOf(lanes: ArrayLike<number>): number[] {
  const numbers = blankNumbers(lanes.length)
  for (let i = 0; i < numbers.length; i++) numbers[i] = lanes[i]!
  return numbers
}
