// Declared vectors on their way in.

import { ELEMENT_BF16, ELEMENT_BITS, ELEMENT_CODES, ELEMENT_F16, ELEMENT_F32, ELEMENT_INT8 } from '../abi.ts'
import type { VectorField } from './shapes.ts'
import { arrayTypeOf } from './types.ts'

/** Whether the lanes of a metric are bits, packed in bytes. */
export function isBitMetric(metric: VectorField['metric']): boolean {
  return metric === 'hamming' || metric === 'jaccard'
}

const ELEMENTS = {
  f32: ELEMENT_F32,
  f16: ELEMENT_F16,
  bf16: ELEMENT_BF16,
  int8: ELEMENT_INT8,
  codes: ELEMENT_CODES,
} as const

/** The element type that the vectors of a field are stored with. */
export function elementOf({ metric, element }: VectorField): number {
  return isBitMetric(metric) ? ELEMENT_BITS : ELEMENTS[element ?? 'f32']
}

/** What a lane may be, for messages. */
export function laneRule(field: VectorField): string {
  switch (elementOf(field)) {
    case ELEMENT_BITS:
      return 'bytes are integers from 0 to 255'
    case ELEMENT_INT8:
      return 'lanes are integers from -128 to 127'
    default:
      return `lanes are finite numbers within the range of ${field.element === 'codes' ? 'f32' : (field.element ?? 'f32')}`
  }
}

/** Whether a lane, or a byte of packed bits, can be stored. */
export function isLane(lane: unknown, field: VectorField): boolean {
  switch (elementOf(field)) {
    case ELEMENT_BITS:
      return lane === ((lane as number) & 0xff)
    case ELEMENT_INT8:
      return lane === ((lane as number) << 24) >> 24
    case ELEMENT_F16:
      return typeof lane === 'number' && Math.abs(Math.fround(lane)) < HALF_END
    case ELEMENT_BF16:
      return typeof lane === 'number' && Math.abs(Math.fround(lane)) < BFLOAT_END
    default:
      return typeof lane === 'number' && Number.isFinite(Math.fround(lane))
  }
}

type Room = Float32Array | Uint16Array | Int8Array | Uint8Array

/** Buffers in which lanes are gathered and then copied at once: one per field. */
const rooms = new WeakMap<VectorField, Room>()

function roomOf(field: VectorField): Room {
  let room = rooms.get(field)
  if (room === undefined) {
    const element = elementOf(field)
    if (element === ELEMENT_BITS) room = new Uint8Array(field.dimension >>> 3)
    else if (element === ELEMENT_INT8) room = new Int8Array(field.dimension)
    else if (element === ELEMENT_CODES) room = new Uint8Array(4 + field.dimension)
    else room = element === ELEMENT_F32 ? new Float32Array(field.dimension) : new Uint16Array(field.dimension)
    rooms.set(field, room)
  }
  return room
}

/**
 * The lanes as stored, valid until the next call; undefined when `value` is not a vector of this field: refuse.ts finds
 * out why.
 */
export function vectorLanes(value: unknown, field: VectorField): Room | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value) && !(ArrayBuffer.isView(value) && arrayTypeOf(value) >= 0)) return undefined
  const given = value as ArrayLike<unknown>
  const room = roomOf(field)
  if (field.element === 'codes') return given.length === field.dimension && codes(given, room) ? room : undefined
  if (given.length !== room.length) return undefined
  if (room instanceof Float32Array) return floats(given, room) ? room : undefined
  for (let i = 0; i < room.length; i++) {
    if (!isLane(given[i], field)) return undefined
    room[i] = room instanceof Uint16Array ? narrow(given[i] as number, field.element === 'f16') : (given[i] as number)
  }
  return room
}

function floats(given: ArrayLike<unknown>, room: Float32Array): boolean {
  if (given instanceof Float32Array) {
    room.set(given)
  } else {
    for (let i = 0; i < room.length; i++) {
      const lane = given[i]
      if (typeof lane !== 'number') return false
      room[i] = lane
    }
  }
  // The sum is 0 for finite lanes, NaN otherwise.
  let rest = 0
  for (let i = 0; i < room.length; i++) rest += room[i]! - room[i]!
  return rest === 0
}

/**
 * Writes the codes of the lanes, and their scale. The scale has 16 significant bits, so that a code times the scale is
 * exact in f32: quantizing lanes that were read back yields the same codes and scale.
 */
function codes(given: ArrayLike<unknown>, room: Room): boolean {
  let largest = 0
  for (let i = 0; i < given.length; i++) {
    const lane = given[i]
    if (typeof lane !== 'number') return false
    const magnitude = Math.abs(lane)
    if (Number.isNaN(magnitude)) return false
    if (magnitude > largest) largest = magnitude
  }
  if (!Number.isFinite(Math.fround(largest))) return false
  single[0] = largest / CODE_MAX
  singleBits[0] = (singleBits[0]! + 0xff) & ~0xff
  if (!Number.isFinite(Math.fround(single[0]! * CODE_MAX))) singleBits[0]! -= 0x100
  const scale = single[0]!
  const view = new DataView(room.buffer)
  view.setFloat32(0, scale, true)
  for (let i = 0; i < given.length; i++) {
    const code = scale === 0 ? 0 : Math.round((given[i] as number) / scale)
    view.setInt8(4 + i, Math.max(-CODE_MAX, Math.min(CODE_MAX, code)))
  }
  return true
}

const CODE_MAX = 127

/** From this magnitude on a lane rounds to infinity. */
const HALF_END = 65_520
const BFLOAT_END = 2 ** 127 * (2 - 2 ** -8)
/** The smallest normal half; below it halves are multiples of 2^-24. */
const HALF_NORMAL = 2 ** -14

const single = new Float32Array(1)
const singleBits = new Uint32Array(single.buffer)

/** IEEE 754 binary16 or bfloat16, ties to even. */
function narrow(lane: number, isHalf: boolean): number {
  single[0] = lane
  const bits = singleBits[0]!
  if (!isHalf) return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
  const sign = (bits >>> 16) & 0x8000
  const magnitude = Math.abs(single[0]!)
  // Adding and subtracting 1.5 * 2^52 rounds to an integer, ties to even.
  if (magnitude < HALF_NORMAL) return sign | (magnitude * 2 ** 24 + 6_755_399_441_055_744 - 6_755_399_441_055_744)
  const exponentAndFraction = (bits & 0x7fffffff) - 0x38000000
  return sign | ((exponentAndFraction + 0xfff + ((bits >>> 13) & 1)) >>> 13)
}
