// Values as a tree that can be sent and shown: what structured cloning refuses (functions, classes, proxies) becomes a name.

export type Shown =
  | { readonly kind: 'plain'; readonly type: string; readonly text: string }
  | {
      readonly kind: 'tree'
      /** `Array(3)`, `WriteResult`; empty for a plain object. */
      readonly title: string
      readonly isList: boolean
      readonly entries: readonly (readonly [name: string, value: Shown])[]
      /** Entries that are not sent. */
      readonly more: number
    }

const DEPTH_MAX = 8
const ENTRIES_MAX = 100
const TEXT_MAX = 20_000

export function inspect(value: unknown, depth = 0, above: readonly object[] = []): Shown {
  if (typeof value === 'string') return plain('string', value.slice(0, TEXT_MAX))
  if (typeof value === 'bigint') return plain('number', `${value}n`)
  if (typeof value === 'number' || typeof value === 'boolean' || value === null)
    return plain(typeof value, String(value))
  if (value === undefined) return plain('undefined', 'undefined')
  if (typeof value === 'symbol') return plain('other', String(value))
  // Terms of ReQL are functions that say what they are.
  if (typeof value === 'function')
    return plain('other', Object.hasOwn(value, 'name') ? `function ${value.name}` : String(value))
  if (value instanceof Date) return plain('date', Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString())
  if (value instanceof Error) return plain('error', `${value.name}: ${value.message}`)
  if (above.includes(value)) return plain('other', '[circular]')
  if (depth > DEPTH_MAX) return plain('other', Array.isArray(value) ? '[...]' : '{...}')
  return tree(value, depth, [...above, value])
}

function plain(type: string, text: string): Shown {
  return { kind: 'plain', type: type === 'object' ? 'null' : type, text }
}

function tree(value: object, depth: number, above: readonly object[]): Shown {
  const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
  const all: [string, unknown][] =
    value instanceof Map
      ? Array.from(value, ([name, one]) => [String(name), one])
      : value instanceof Set
        ? Array.from(value, (one, at) => [String(at), one])
        : value instanceof Float32Array
          ? Array.from(value, (lane, at) => [String(at), Number(lane.toPrecision(7))])
          : isList
            ? Array.from(value as unknown as ArrayLike<unknown> as ArrayLike<unknown>, (one, at) => [String(at), one])
            : Object.keys(value).map((name) => [name, (value as Record<string, unknown>)[name]])
  const entries = all.slice(0, ENTRIES_MAX).map(([name, one]) => [name, inspect(one, depth + 1, above)] as const)
  return { kind: 'tree', title: titleOf(value, all.length), isList, entries, more: all.length - entries.length }
}

function titleOf(value: object, count: number): string {
  const name = Object.getPrototypeOf(value)?.constructor?.name ?? ''
  if (Array.isArray(value)) return `Array(${count})`
  if (ArrayBuffer.isView(value) || value instanceof Map || value instanceof Set) return `${name}(${count})`
  // Names of one or two letters are a bundler's.
  return name === 'Object' || name.length < 3 ? '' : name
}
