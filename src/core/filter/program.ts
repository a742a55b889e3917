// A compiled filter as the bytes that the core loads; the layout stands in assembly/filter/program.ts.

import { LimitError } from '../../error/index.ts'
import { encodeConstants } from './constants.ts'

/** Made by the compiler in src/query; the same object for all partitions, never changed. */
export interface FilterProgram {
  readonly code: Uint32Array
  readonly paths: readonly (readonly { readonly name: string | null; readonly index: number | null }[])[]
  /** Well-formed strings, finite numbers, longs, dates, views, and arrays and objects of those. */
  readonly constants: readonly unknown[]
  /** What a filter that failed answers. */
  readonly isFailMatch: boolean
}

const HEAD_BYTES = 32
const NO_NAME = 0xffffffff
const NO_POSITION = -2_147_483_648
/** Half of what is left beside it in a full partition's reserve would not do either; more is a mistake. */
const PROGRAM_BYTES_MAX = 268_435_456

const encoder = new TextEncoder()
const encoded = new WeakMap<FilterProgram, Uint8Array>()

/** Of one program always the same bytes, kept as long as it is. */
export function programBytes(program: FilterProgram): Uint8Array {
  let bytes = encoded.get(program)
  if (bytes === undefined) {
    bytes = encodeProgram(program)
    encoded.set(program, bytes)
  }
  return bytes
}

function encodeProgram(program: FilterProgram): Uint8Array {
  const names = new Map<string, { readonly number: number; readonly utf8: Uint8Array }>()
  let textBytes = 0
  let stepsCount = 0
  for (const path of program.paths) {
    stepsCount += path.length
    for (const { name } of path) {
      if (name === null || names.has(name)) continue
      const utf8 = encoder.encode(name)
      names.set(name, { number: names.size, utf8 })
      textBytes += utf8.length
    }
  }
  const constants = encodeConstants(program.constants)
  const pathsAt = HEAD_BYTES + program.code.length * 4
  const stepsAt = pathsAt + program.paths.length * 8
  const namesAt = stepsAt + stepsCount * 8
  const textAt = namesAt + names.size * 8
  const constantsAt = (textAt + textBytes + 7) & ~7
  const total = constantsAt + constants.length
  if (total > PROGRAM_BYTES_MAX) {
    throw new LimitError(`the filter takes ${total} bytes; ${PROGRAM_BYTES_MAX} are the most`, {
      details: { limit: PROGRAM_BYTES_MAX, got: total },
    })
  }
  const bytes = new Uint8Array(total)
  const view = new DataView(bytes.buffer)
  const head = [total, program.code.length, program.paths.length, stepsCount, names.size, textBytes, constants.length]
  head.forEach((word, index) => {
    view.setUint32(index * 4, word, true)
  })
  view.setUint32(28, program.isFailMatch ? 1 : 0, true)
  program.code.forEach((word, index) => {
    view.setUint32(HEAD_BYTES + index * 4, word, true)
  })
  let step = 0
  program.paths.forEach((path, index) => {
    view.setUint32(pathsAt + index * 8, step, true)
    view.setUint32(pathsAt + index * 8 + 4, path.length, true)
    for (const { name, index: position } of path) {
      view.setUint32(stepsAt + step * 8, name === null ? NO_NAME : names.get(name)!.number, true)
      view.setInt32(stepsAt + step * 8 + 4, position ?? NO_POSITION, true)
      step++
    }
  })
  let offset = 0
  for (const { number, utf8 } of names.values()) {
    view.setUint32(namesAt + number * 8, offset, true)
    view.setUint32(namesAt + number * 8 + 4, utf8.length, true)
    bytes.set(utf8, textAt + offset)
    offset += utf8.length
  }
  bytes.set(constants, constantsAt)
  return bytes
}
