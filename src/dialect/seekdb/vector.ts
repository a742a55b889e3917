// Vectors on their way in and out.

import { SeekdbValueError } from './errors.ts'

/** Whether this can be a vector; what is in it is checked when it is read. */
export function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
}

/**
 * Reads a vector that was given, as float32.
 *
 * @param index - its position in the call, for the message.
 * @throws SeekdbValueError unless it has `dimension` finite numbers.
 */
export function readVector(value: unknown, dimension: number, index: number): Float32Array {
  const vector = new Float32Array(dimension)
  readLanes(value, vector, index)
  return vector
}

/** Reads vectors into one buffer: that is quicker than a buffer for each. */
export function readVectors(values: readonly unknown[], dimension: number): Float32Array[] {
  if (values.length === 1) return [readVector(values[0], dimension, 0)]
  const buffer = new Float32Array(values.length * dimension)
  return values.map((value, index) => {
    const vector = buffer.subarray(index * dimension, (index + 1) * dimension)
    readLanes(value, vector, index)
    return vector
  })
}

function readLanes(value: unknown, vector: Float32Array, index: number): void {
  if (!isList(value)) throw new SeekdbValueError('Vector must be an array')
  const lanes = value.length
  const dimension = vector.length
  // NaN as soon as a lane is none that float32 can hold.
  let zero = 0
  for (let i = 0; i < lanes; i++) {
    const lane = value[i]
    if (typeof lane !== 'number') throw invalidLane(lane)
    zero += Math.fround(lane) * 0
    if (i < dimension) vector[i] = lane
  }
  if (zero !== 0) throw invalidLane(Array.prototype.find.call(value, (lane: number) => !isFloat(lane)))
  if (lanes !== dimension) {
    throw new SeekdbValueError(`Dimension mismatch at index ${index}. Expected ${dimension}, got ${lanes}`)
  }
}

function isFloat(lane: number): boolean {
  return Number.isFinite(Math.fround(lane))
}

function invalidLane(lane: unknown): SeekdbValueError {
  const shown = typeof lane === 'string' ? JSON.stringify(lane) : String(lane)
  return new SeekdbValueError(`Vector contains invalid value: ${shown}`)
}

const POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)

/**
 * The numbers of a stored vector as whoever stored them wrote them: each the shortest decimal number whose float32 is this one, 1.1
 * and not 1.100000023841858.
 */
export function shortestNumbers(vector: ArrayLike<number>): number[] {
  const numbers = new Array<number>(vector.length)
  for (let i = 0; i < vector.length; i++) numbers[i] = shortest(vector[i]!)
  return numbers
}

const DIGITS_MIN = 6
const DIGITS_MAX = 9

function shortest(value: number): number {
  const size = Math.abs(value)
  // Up to 2^24 integers are their own shortest form; -0 is 0.
  if (size <= 16_777_216 && size === Math.floor(size)) return value === 0 ? 0 : value
  const exponent = Math.floor(Math.log10(size))
  // Every decimal number of six digits survives float32 and is found with six; nine are always enough.
  for (let digits = DIGITS_MIN; digits < DIGITS_MAX; digits++) {
    const places = digits - 1 - exponent
    // Scaled by a power that doubles hold exactly, the quotient is the double nearest to the decimal number.
    const rounded =
      places > 22 || places < 0
        ? Number(value.toPrecision(digits))
        : Math.round(value * POWERS[places]!) / POWERS[places]!
    if (Math.fround(rounded) === value) return rounded
  }
  return Number(value.toPrecision(DIGITS_MAX))
}
