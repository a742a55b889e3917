// Converts vectors on their way in and out.

import { blankNumbers } from '../../value/index.ts'
import { SeekdbValueError, shown } from './errors.ts'

/** Whether `value` can be a vector; its elements are checked when it is read. */
export function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
}

/**
 * Reads a vector from a caller, as float32.
 *
 * @param index - its position in the call, for the message.
 * @throws SeekdbValueError unless it has `dimension` finite numbers.
 */
export function readVector(value: unknown, dimension: number, index: number): Float32Array {
  const vector = new Float32Array(dimension)
  readLanes(value, vector, index)
  return vector
}

/** Reads vectors into one buffer, which is faster than a buffer for each. */
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
  // Becomes NaN as soon as float32 cannot hold a lane.
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
  const text = typeof lane === 'string' ? JSON.stringify(lane) : shown(lane)
  return new SeekdbValueError(`Vector contains invalid value: ${text}`)
}

const DIGITS_MIN = 6
const DIGITS_MAX = 9
/**
 * Doubles hold these powers of ten exactly: a whole number divided by one is the double nearest to the decimal number.
 */
const POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)
/** Added to a double and subtracted again, this leaves the nearest whole number. */
const WHOLE = 1.5 * 2 ** 52

/**
 * Indexed twice by a float32's exponent: the scale that puts the point behind the seventh digit, and the scale for
 * numbers from the next power of ten on. 0 if that is not exact, or if two such decimal numbers may become the same
 * float32, so that the nearer could hide one with fewer digits.
 */
const SCALES = new Float64Array(512)
const NEXT_POWER = new Float64Array(256)
for (let exponent = 1; exponent < 255; exponent++) {
  const least = 2 ** (exponent - 127)
  const digit = Number(least.toExponential().split('e')[1])
  const places = DIGITS_MIN - digit
  if (places < 1 || places > 20 || least * 2 ** -23 * POWERS[places]! > 1) continue
  SCALES[2 * exponent] = POWERS[places]!
  SCALES[2 * exponent + 1] = POWERS[places - 1]!
  NEXT_POWER[exponent] = Number(`1e${digit + 1}`)
}

/**
 * Numbers of nine digits, of eight, and twice of seven; indexed by whether eight suffice (1) and whether seven do (2).
 */
const candidates = new Float64Array(4)

/**
 * The numbers of a stored vector as they were written: each the shortest decimal number with this float32, 1.1 and not
 * 1.100000023841858.
 */
export function shortestNumbers(vector: Float32Array): number[] {
  const numbers = blankNumbers(vector.length)
  const bits = new Uint32Array(vector.buffer, vector.byteOffset, vector.length)
  for (let i = 0; i < bits.length; i++) {
    const lane = vector[i]!
    const exponent = (bits[i]! >>> 23) & 0xff
    const seven = SCALES[2 * exponent + Number(Math.abs(lane) >= NEXT_POWER[exponent]!)]!
    if (seven === 0) {
      numbers[i] = shortest(lane)
      continue
    }
    const eight = seven * 10
    const ofSeven = (lane * seven + WHOLE - WHOLE) / seven
    const ofEight = (lane * eight + WHOLE - WHOLE) / eight
    // Nine digits are always enough.
    candidates[0] = (lane * eight * 10 + WHOLE - WHOLE) / (eight * 10)
    candidates[1] = ofEight
    candidates[2] = ofSeven
    candidates[3] = ofSeven
    // The choice is unpredictable: an index takes a third of the time of a branch.
    numbers[i] = candidates[Number(Math.fround(ofEight) === lane) + 2 * Number(Math.fround(ofSeven) === lane)]!
  }
  return numbers
}

/** The shortest form of one number of any size. */
function shortest(value: number): number {
  // Integers up to 2^24 are their own shortest form; -0 becomes 0.
  if (Math.abs(value) <= 16_777_216 && Number.isInteger(value)) return value + 0
  // Every decimal number of six digits survives float32 and is found with six.
  for (let digits = DIGITS_MIN; digits < DIGITS_MAX; digits++) {
    const rounded = Number(value.toPrecision(digits))
    if (Math.fround(rounded) === value) return rounded
  }
  return Number(value.toPrecision(DIGITS_MAX))
}
