// Element types of binaries, in the upper byte of their length. 0 is Uint8Array, the only one allowed in a key. The
// last four are used only by declared vectors, and are read back as f32.

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
  { name: 'f16', laneBytes: 2, make: (buffer) => Float32Array.from(new Uint16Array(buffer), widenHalf) },
  { name: 'bf16', laneBytes: 2, make: (buffer) => new Float32Array(widenBfloats(buffer).buffer) },
  { name: 'int8', laneBytes: 1, make: (buffer) => Float32Array.from(new Int8Array(buffer)) },
  { name: 'codes', laneBytes: 1, make: scaledCodes },
]

/** Expands a scale and the codes to multiply by it. */
function scaledCodes(buffer: ArrayBuffer): Float32Array {
  const scale = new DataView(buffer).getFloat32(0, true)
  return Float32Array.from(new Int8Array(buffer, 4), (code) => code * scale)
}

/** IEEE 754 binary16 as a number. */
function widenHalf(half: number): number {
  const fraction = half & 0x3ff
  const exponent = (half >>> 10) & 31
  const magnitude = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15)
  return half & 0x8000 ? -magnitude : magnitude
}

/** bfloat16 is the upper half of an f32. */
function widenBfloats(buffer: ArrayBuffer): Uint32Array<ArrayBuffer> {
  return Uint32Array.from(new Uint16Array(buffer), (lane) => lane << 16)
}

/**
 * Number of the element type, or -1 (DataView, Float16Array). Determined by tag, so that arrays of other realms and
 * Buffers count.
 */
export function arrayTypeOf(view: ArrayBufferView): number {
  const tag = (view as unknown as { [Symbol.toStringTag]?: string })[Symbol.toStringTag]
  return ARRAY_TYPES.findIndex((type) => type.name === tag)
}
