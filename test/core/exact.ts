// What a stored document must look like when it is read, and the first place where it does not.

/** The document that reading gives for one that was written: see API.md, "Values and order". */
export function storedFormOf(value: unknown): unknown {
  if (typeof value === 'number') return value === 0 ? 0 : value
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return new Date(value.getTime())
  if (ArrayBuffer.isView(value)) return copyOf(value as Uint8Array)
  if (Array.isArray(value)) return value.map(storedFormOf)
  const fields = {}
  for (const name of Object.keys(value)) {
    const field = (value as Record<string, unknown>)[name]
    if (field !== undefined) setField(fields, name, storedFormOf(field))
  }
  return fields
}

function copyOf(view: Uint8Array): unknown {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice()
  if (Object.prototype.toString.call(view) === '[object Uint8Array]') return bytes
  return new (view.constructor as new (buffer: ArrayBuffer) => unknown)(bytes.buffer)
}

/** Gives an object an own field, whatever its name. */
export function setField(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
}

/** Where two values differ, in words; undefined when they are the same to the last property. */
export function differenceOf(expected: unknown, got: unknown, path = 'document'): string | undefined {
  if (typeof expected !== 'object' || expected === null || typeof got !== 'object' || got === null) {
    return Object.is(expected, got) ? undefined : `${path} is ${show(got)}, not ${show(expected)}`
  }
  const prototype = Object.getPrototypeOf(expected) as unknown
  if (Object.getPrototypeOf(got) !== prototype) return `${path} is of another class`
  if (expected instanceof Date) {
    return differenceOf(expected.getTime(), (got as Date).getTime(), `${path}.getTime()`)
  }
  if (ArrayBuffer.isView(expected)) return differenceOfBytes(expected as Uint8Array, got as Uint8Array, path)
  const names = Reflect.ownKeys(expected)
  const found = Reflect.ownKeys(got)
  const at = names.findIndex((name, index) => name !== found[index])
  if (at >= 0 || found.length !== names.length) {
    const index = at < 0 ? names.length : at
    return `${path} has field ${show(found[index])} where ${show(names[index])} should stand`
  }
  for (const name of names) {
    const one = Object.getOwnPropertyDescriptor(expected, name)!
    const two = Object.getOwnPropertyDescriptor(got, name)!
    const inside = `${path}.${String(name).slice(0, 40)}`
    if (!('value' in two)) return `${inside} is an accessor`
    for (const flag of ['writable', 'enumerable', 'configurable'] as const) {
      if (one[flag] !== two[flag]) return `${inside} is ${two[flag] ? '' : 'not '}${flag}`
    }
    const difference = differenceOf(one.value, two.value, inside)
    if (difference !== undefined) return difference
  }
  return undefined
}

function differenceOfBytes(expected: Uint8Array, got: Uint8Array, path: string): string | undefined {
  if (got.buffer.byteLength !== got.byteLength) return `${path} is a view of a larger buffer`
  if (got.byteLength !== expected.byteLength) return `${path} has ${got.byteLength} bytes, not ${expected.byteLength}`
  const one = new Uint8Array(expected.buffer, expected.byteOffset, expected.byteLength)
  const two = new Uint8Array(got.buffer)
  const at = one.findIndex((byte, index) => byte !== two[index])
  return at < 0 ? undefined : `${path} has byte ${two[at]} at ${at}, not ${one[at]}`
}

function show(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (Object.is(value, -0)) return '-0'
  if (typeof value === 'string')
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}... (${value.length})` : value)
  return typeof value === 'object' && value !== null ? `an object with fields ${Object.keys(value)}` : String(value)
}

/** Throws unless `got` is what reading `written` must give. */
export function expectStored(written: unknown, got: unknown): void {
  const difference = differenceOf(storedFormOf(written), got)
  if (difference !== undefined) throw new Error(difference)
}
