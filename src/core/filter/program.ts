// A compiled filter as the bytes that the core loads; for the layout see assembly/filter/program.ts.

import { LimitError } from '../../error/index.ts'
import { encodeConstants } from './constants.ts'

/** Made by the compiler in src/query; shared by all partitions and never changed. */
export interface FilterProgram {
  readonly code: Uint32Array
  readonly paths: readonly (readonly { readonly name: string | null; readonly index: number | null }[])[]
  /** Well-formed strings, finite numbers, longs, dates, views, and arrays and objects of those. */
  readonly constants: readonly unknown[]
  /** The result for a document on which the filter failed. */
  readonly isFailMatch: boolean
}

const HEAD_BYTES = 32
const NO_NAME = 0xffffffff
const NO_POSITION = -2_147_483_648
/** A larger program is a mistake; in a full partition it would not fit in half of the reserve, either. */
const PROGRAM_BYTES_MAX = 268_435_456

const encoder = new TextEncoder()
const encoded = new WeakMap<FilterProgram, Uint8Array>()

/** Cached as long as the program is alive, so the bytes of one program are always the same array. */
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
