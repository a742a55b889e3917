// Element types of binaries, in the upper byte of their length. 0 is Uint8Array, the only one a key may be.

type AnyTypedArray =
  | Uint8Array
  | Uint8ClampedArray
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

interface ArrayType {
  readonly name: string
  readonly laneBytes: number
  make(buffer: ArrayBuffer): AnyTypedArray
}

export const ARRAY_TYPES: readonly ArrayType[] = [
  { name: 'Uint8Array', laneBytes: 1, make: (buffer) => new Uint8Array(buffer) },
  { name: 'Uint8ClampedArray', laneBytes: 1, make: (buffer) => new Uint8ClampedArray(buffer) },
  { name: 'Int8Array', laneBytes: 1, make: (buffer) => new Int8Array(buffer) },
  { name: 'Uint16Array', laneBytes: 2, make: (buffer) => new Uint16Array(buffer) },
  { name: 'Int16Array', laneBytes: 2, make: (buffer) => new Int16Array(buffer) },
  { name: 'Uint32Array', laneBytes: 4, make: (buffer) => new Uint32Array(buffer) },
  { name: 'Int32Array', laneBytes: 4, make: (buffer) => new Int32Array(buffer) },
  { name: 'Float32Array', laneBytes: 4, make: (buffer) => new Float32Array(buffer) },
  { name: 'Float64Array', laneBytes: 8, make: (buffer) => new Float64Array(buffer) },
  { name: 'BigInt64Array', laneBytes: 8, make: (buffer) => new BigInt64Array(buffer) },
  { name: 'BigUint64Array', laneBytes: 8, make: (buffer) => new BigUint64Array(buffer) },
]

/** Number of the element type, or -1 (DataView, Float16Array). Named by tag, so that arrays of other realms and Buffers count. */
export function arrayTypeOf(view: ArrayBufferView): number {
  const tag = (view as unknown as { [Symbol.toStringTag]?: string })[Symbol.toStringTag]
  return ARRAY_TYPES.findIndex((type) => type.name === tag)
}
