// A tuple to be looked up in an index, laid out where the core reads it: a record like a filter's constants, with the
// array of values as its root.

import {
  RECORD_HEADER_LARGE,
  RECORD_LARGE,
  SHAPE_INLINE,
  TAG_BIGINT,
  TAG_DATE,
  TAG_DOUBLE,
  TAG_FALSE,
  TAG_INT,
  TAG_NULL,
  TAG_STRING,
  TAG_TRUE,
} from '../abi.ts'
import { encodeConstants } from '../filter/constants.ts'
import { type Memory, outOfMemory } from '../memory.ts'
import { isDate } from '../record/realm.ts'

const FLAGS = (SHAPE_INLINE | ((RECORD_LARGE | 2) << 24)) >>> 0
const INT_MAX = 0x07ffffff
/** Maximum UTF-16 units of strings written directly. */
const TEXT_MAX = 1_024

const encoder = new TextEncoder()

/** Writes a tuple; `undefined` stands for a missing value. @throws LimitError when there is no memory for it. */
export function writeTuple(memory: Memory, values: readonly unknown[]): void {
  let units = 0
  for (const value of values) {
    if (typeof value === 'string') units += value.length
    else if (typeof value === 'object' && value !== null && !isDate(value)) units = Infinity
  }
  if (units <= TEXT_MAX) {
    writeScalars(memory, values, units)
    return
  }
  const constants = encodeConstants([...values])
  const room = roomFor(memory, constants.length)
  memory.u8.set(constants, room)
}

function roomFor(memory: Memory, bytes: number): number {
  const room = memory.derived.ordered_probe(bytes) >>> 0
  memory.refresh()
  if (room === 0) throw outOfMemory('what is looked for in an index')
  return room
}

/** The short path for common tuples. Layout as in filter/constants.ts, with room for a wide and a string per value. */
function writeScalars(memory: Memory, values: readonly unknown[], units: number): void {
  const count = values.length
  const widesAt = (RECORD_HEADER_LARGE + 4 + count * 4 + 7) & ~7
  const endsAt = widesAt + count * 8
  const room = roomFor(memory, endsAt + count * 4 + units * 3)
  const { u8, u32, f64, i64 } = memory
  const words = (room + RECORD_HEADER_LARGE) >>> 2
  const text = room + endsAt + count * 4
  let textBytes = 0
  u32[(room >>> 2) + 2] = FLAGS
  u32[(room >>> 2) + 3] = endsAt
  u32[(room >>> 2) + 4] = count
  u32[words] = count
  for (let i = 0; i < count; i++) {
    const value = values[i]
    const wide = (widesAt >>> 3) + i
    let word = 0
    if (typeof value === 'string') {
      textBytes += encoder.encodeInto(value, u8.subarray(text + textBytes, text + textBytes + value.length * 3)).written
      word = (TAG_STRING << 28) | i
    } else if (typeof value === 'number') {
      if ((value | 0) === value && value <= INT_MAX && value >= -INT_MAX) word = (TAG_INT << 28) | (value & 0x0fffffff)
      else {
        f64[(room >>> 3) + wide] = value
        word = (TAG_DOUBLE << 28) | wide
      }
    } else if (typeof value === 'bigint') {
      i64[(room >>> 3) + wide] = BigInt.asIntN(64, value)
      word = (TAG_BIGINT << 28) | wide
    } else if (typeof value === 'boolean') word = (value ? TAG_TRUE : TAG_FALSE) << 28
    else if (value === null) word = TAG_NULL << 28
    else if (value !== undefined) {
      f64[(room >>> 3) + wide] = (value as Date).getTime()
      word = (TAG_DATE << 28) | wide
    }
    u32[words + 1 + i] = word
    u32[((room + endsAt) >>> 2) + i] = textBytes
  }
}
