// Element types of binaries, by the platform's names for them: arrays of other realms and Buffers count.

const NAMES = [
  'Uint8Array',
  'Uint8ClampedArray',
  'Int8Array',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
]

/** The number under which docs/format.md stores the element type; -1 for a view that cannot be stored. */
export function elementTypeOf(view: ArrayBufferView): number {
  return NAMES.indexOf((view as unknown as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] ?? '')
}
