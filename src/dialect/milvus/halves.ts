// Two-byte numbers and sparse vectors: the SDK's conversion functions.

import { invalid } from './errors.ts'
import type { Int8Vector, SparseFloatVector, SparseVectorDic } from './types/index.ts'

const WORD = new DataView(new ArrayBuffer(4))

/** f32 to half precision, ties to even. */
function toF16(value: number): number {
  WORD.setFloat32(0, value)
  const bits = WORD.getUint32(0)
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude >= 0x7f800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00)
  // From here on the sum below would carry into the exponent of infinity, which is what rounding requires.
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  if (magnitude < 0x38800000) {
    // Subnormal: units of 2^-24, rounded by the float addition itself (f64 holds all of it).
    const units = Math.abs(value) * 2 ** 24
    const floor = Math.floor(units)
    const rest = units - floor
    return sign | (rest > 0.5 || (rest === 0.5 && (floor & 1) === 1) ? floor + 1 : floor)
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1)
  return sign | ((rounded - 0x38000000) >>> 13)
}

function fromF16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >>> 10) & 31
  const fraction = half & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

function toBytes(values: ArrayLike<number>, code: (value: number) => number): Uint8Array {
  const bytes = new Uint8Array(values.length * 2)
  for (let i = 0; i < values.length; i++) {
    const half = code(values[i]!)
    bytes[2 * i] = half
    bytes[2 * i + 1] = half >>> 8
  }
  return bufferOf(bytes)
}

/** Programs call Buffer's methods on the bytes where Buffer exists. */
function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  type Bytes = { from(data: ArrayBufferLike, offset: number, length: number): Uint8Array }
  const { Buffer } = globalThis as { Buffer?: Bytes }
  return (Buffer ?? { from: (...at) => new Uint8Array(...at) }).from(buffer, byteOffset, byteLength)
}

function fromBytes(bytes: Uint8Array, value: (half: number) => number): number[] {
  return Array.from({ length: bytes.length >>> 1 }, (_, i) => value(bytes[2 * i]! | (bytes[2 * i + 1]! << 8)))
}

function toBf16(value: number): number {
  WORD.setFloat32(0, value)
  return WORD.getUint16(0)
}

function fromBf16(half: number): number {
  WORD.setUint32(0, half << 16)
  return WORD.getFloat32(0)
}

export const f32ArrayToF16Bytes = (array: number[]): Uint8Array => toBytes(array, toF16)
export const f16BytesToF32Array = (bytes: Uint8Array): number[] => fromBytes(bytes, fromF16)
/** Cuts off the lower half of each float, as the SDK does. */
export const f32ArrayToBf16Bytes = (array: number[]): Uint8Array => toBytes(array, toBf16)
export const bf16BytesToF32Array = (bytes: Uint8Array): number[] => fromBytes(bytes, fromBf16)
export const f32ArrayToBinaryBytes = (array: number[]): Uint8Array => bufferOf(Uint8Array.from(array))
export const f32ArrayToF32Bytes = (array: number[]): Uint8Array => {
  const bytes = new Uint8Array(array.length * 4)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < array.length; i++) view.setFloat32(i * 4, array[i]!, true)
  return bufferOf(bytes)
}
/** Rounds; Int8 input is not copied. */
export const f32ArrayToInt8Bytes = (array: Int8Vector): Uint8Array => {
  const lanes = array instanceof Int8Array ? array : Int8Array.from(array, Math.round)
  return bufferOf(new Uint8Array(lanes.buffer, lanes.byteOffset, lanes.length))
}
/** The bytes of the rows, one row after another. */
export const int8VectorRowsToBytes = (rows: Int8Vector[]): Uint8Array => {
  return bufferOf(Uint8Array.from(rows.flatMap((row) => [...f32ArrayToInt8Bytes(row)])))
}

/** Which of its forms a sparse vector has. */
export function getSparseFloatVectorType(vector: unknown): 'array' | 'coo' | 'csr' | 'dict' | 'unknown' {
  if (Array.isArray(vector)) {
    if (vector.length === 0 || typeof vector[0] === 'number' || vector[0] === undefined) return 'array'
    const isPair = (item: unknown) => typeof item === 'object' && item !== null && 'index' in item && 'value' in item
    return vector.every(isPair) ? 'coo' : 'unknown'
  }
  if (typeof vector !== 'object' || vector === null) return 'unknown'
  if ('indices' in vector && 'values' in vector) return 'csr'
  return Object.values(vector).every((value) => typeof value === 'number') ? 'dict' : 'unknown'
}

/** A sparse vector as pairs in ascending order of index; checks the indices. Throws what the SDK throws. */
export function sparsePairs(vector: SparseFloatVector): [index: number, value: number][] {
  const pairs: [number, number][] = []
  switch (getSparseFloatVectorType(vector)) {
    case 'array':
      ;(vector as number[]).forEach((value, index) => {
        if (value !== undefined && value !== null && !Number.isNaN(value)) pairs.push([index, value])
      })
      break
    case 'coo':
      for (const { index, value } of vector as { index: number; value: number }[]) pairs.push([Number(index), value])
      break
    case 'csr': {
      const { indices, values } = vector as { indices: number[]; values: number[] }
      if (!Array.isArray(indices) || !Array.isArray(values) || indices.length !== values.length) {
        throw invalid('indices and values of a sparse vector are arrays of one length')
      }
      indices.forEach((index, i) => {
        pairs.push([Number(index), values[i] as number])
      })
      break
    }
    case 'dict':
      for (const [index, value] of Object.entries(vector as SparseVectorDic)) pairs.push([Number(index), value])
      break
    default:
      throw invalid('a sparse vector is {index: value}, [{index, value}], {indices, values} or a sparse array')
  }
  for (const [index] of pairs) {
    if (!(Number.isInteger(index) && index >= 0 && index < 2 ** 32 - 1)) {
      throw invalid(`Sparse vector index must be positive and less than 2^32-1: ${index}`)
    }
  }
  return pairs.sort((a, b) => a[0] - b[0])
}

/** A sparse vector in wire format: a u32 and an f32 for each value. */
export function sparseToBytes(vector: SparseFloatVector): Uint8Array {
  const pairs = sparsePairs(vector)
  const bytes = new Uint8Array(pairs.length * 8)
  const view = new DataView(bytes.buffer)
  pairs.forEach(([index, value], i) => {
    view.setUint32(i * 8, index, true)
    view.setFloat32(i * 8 + 4, value, true)
  })
  return bytes
}

export function sparseRowsToBytes(rows: SparseFloatVector[]): Uint8Array[] {
  return rows.map(sparseToBytes)
}

/** The reverse; zeros are left out. */
export function bytesToSparseRow(bytes: Uint8Array): SparseVectorDic {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const row: SparseVectorDic = {}
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    const value = view.getFloat32(at + 4, true)
    if (value) row[view.getUint32(at, true)] = value
  }
  return row
}
