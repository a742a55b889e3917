// JSON that preserves types JSON lacks: dates, 64-bit integers, bytes and typed arrays, each as `{ "$quiver": type,
// "value": ... }`. In a typed array, numbers that JSON lacks (NaN, the infinities, -0) are strings.

const TAG = '$quiver'

const ARRAYS = {
  Uint8Array,
  Uint8ClampedArray,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
} as const

/** A value as JSON text. With `isPlain`, vectors become lists, and dates and big numbers strings. */
export function toJson(value: unknown, isPlain = false): string {
  return JSON.stringify(encode(value, isPlain))
}

function encode(value: unknown, isPlain: boolean): unknown {
  if (typeof value === 'bigint') return isPlain ? String(value) : tagged('bigint', String(value))
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return isPlain ? value.toISOString() : tagged('date', value.toISOString())
  if (Array.isArray(value)) return value.map((one) => encode(one, isPlain))
  if (ArrayBuffer.isView(value)) return encodeView(value, isPlain)
  const copy: Record<string, unknown> = {}
  for (const [name, one] of Object.entries(value)) {
    Object.defineProperty(copy, name, { value: encode(one, isPlain), enumerable: true })
  }
  return Object.hasOwn(value, TAG) && !isPlain ? tagged('object', copy) : copy
}

function encodeView(view: ArrayBufferView, isPlain: boolean): unknown {
  const name = view.constructor.name
  if (name === 'Uint8Array') {
    const text = base64(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
    return isPlain ? text : tagged('Uint8Array', text)
  }
  const elements = Array.from(view as unknown as Iterable<number | bigint>)
  if (isPlain) return elements.map((one) => (typeof one === 'bigint' ? String(one) : one))
  return tagged(name, elements.map(exact))
}

/** The number itself where JSON has it, otherwise its text. */
function exact(element: number | bigint): number | string {
  if (Object.is(element, -0)) return '-0'
  return Number.isFinite(element) ? (element as number) : String(element)
}

function tagged(type: string, value: unknown): object {
  return { [TAG]: type, value }
}

/** Parses the value back. */
export function fromJson(text: string): unknown {
  return decode(JSON.parse(text))
}

function decode(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(decode)
  const { [TAG]: type, value: inner } = value as Record<string, unknown>
  if (typeof type === 'string' && Object.keys(value).length === 2) {
    const decoded = untag(type, inner)
    if (decoded !== undefined) return decoded
  }
  return fields(value)
}

function fields(value: object): object {
  const copy: Record<string, unknown> = {}
  for (const [name, one] of Object.entries(value)) {
    Object.defineProperty(copy, name, { value: decode(one), enumerable: true, writable: true, configurable: true })
  }
  return copy
}

function untag(type: string, value: unknown): unknown {
  if (type === 'date') return new Date(String(value))
  if (type === 'bigint') return BigInt(String(value))
  if (type === 'object') return fields(value as object)
  if (type === 'Uint8Array') return Uint8Array.from(atob(String(value)), (character) => character.charCodeAt(0))
  if (type === 'BigInt64Array') return BigInt64Array.from((value as string[]).map(BigInt))
  if (type === 'BigUint64Array') return BigUint64Array.from((value as string[]).map(BigInt))
  const made = ARRAYS[type as keyof typeof ARRAYS] as { from(values: Iterable<number>): unknown } | undefined
  return made?.from((value as (number | string)[]).map(Number))
}

/** In chunks, because a call takes a limited number of arguments. */
function base64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8_192) text += String.fromCharCode(...bytes.subarray(at, at + 8_192))
  return btoa(text)
}
