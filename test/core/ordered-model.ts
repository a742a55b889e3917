// An ordered index as a sorted JavaScript array: what order values have, which entries a document has, and what an index says of itself.

import { compareText } from '../../src/query/text-order.ts'
import type { Document, Partition } from './partitions.ts'

/** Unlike undefined, which stands for nothing. */
type Value = unknown

const RANKS = ['undefined', 'null', 'boolean', 'number', 'string', 'date', 'binary', 'array', 'object']

export function rankOf(value: Value): number {
  if (value === undefined) return 0
  if (value === null) return 1
  if (typeof value === 'bigint') return 3
  if (typeof value !== 'object') return RANKS.indexOf(typeof value)
  if (value instanceof Date) return 5
  if (ArrayBuffer.isView(value)) return 6
  return Array.isArray(value) ? 7 : 8
}

const KINDS = ['Uint8Array', 'Uint8ClampedArray', 'Int8Array', 'Uint16Array', 'Int16Array', 'Uint32Array', 'Int32Array']
KINDS.push('Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array')

function plain(a: number | bigint | boolean, b: number | bigint | boolean): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function texts(a: string, b: string): number {
  return compareText(a, b)
}

function lists(a: readonly Value[], b: readonly Value[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const outcome = compare(a[i], b[i])
    if (outcome !== 0) return outcome
  }
  return a.length - b.length
}

function binaries(a: ArrayBufferView, b: ArrayBufferView): number {
  const bytesOf = (view: ArrayBufferView) => [...new Uint8Array(view.buffer, view.byteOffset, view.byteLength)]
  const kindOf = (view: ArrayBufferView) => KINDS.indexOf(Object.prototype.toString.call(view).slice(8, -1))
  return lists(bytesOf(a), bytesOf(b)) || kindOf(a) - kindOf(b)
}

function pairs(object: object): Value[] {
  const names = Object.keys(object).sort(texts)
  return names.flatMap((name) => [name, (object as Record<string, unknown>)[name]])
}

/** Below 0, 0, above 0. */
export function compare(a: Value, b: Value): number {
  const rank = rankOf(a)
  if (rank !== rankOf(b)) return rank - rankOf(b)
  if (rank < 2) return 0
  if (rank < 4) return plain(a as number, b as number)
  if (rank === 4) return texts(a as string, b as string)
  if (rank === 5) return plain((a as Date).getTime(), (b as Date).getTime())
  if (rank === 6) return binaries(a as ArrayBufferView, b as ArrayBufferView)
  return rank === 7 ? lists(a as Value[], b as Value[]) : lists(pairs(a as object), pairs(b as object))
}

export function compareTuples(a: readonly Value[], b: readonly Value[], count = a.length): number {
  for (let i = 0; i < count; i++) {
    const outcome = compare(a[i], b[i])
    if (outcome !== 0) return outcome
  }
  return 0
}

export interface ModelEntry {
  readonly values: readonly Value[]
  readonly slot: number
}

/** What stands at a path of names; positions in arrays are not of this model. */
export function valueAt(document: unknown, path: string): Value {
  let value = document
  for (const name of path.split('.')) {
    const isFields = rankOf(value) === 8
    value = isFields && Object.hasOwn(value as object, name) ? (value as Record<string, unknown>)[name] : undefined
  }
  return value
}

export function slotOf(partition: Partition, address: number): number {
  return partition.store.memory.u32[(address >>> 2) + 1]!
}

/** The entries of all documents of a partition, in order. */
export function modelEntries(partition: Partition, fields: readonly string[], isMulti: boolean): ModelEntry[] {
  const entries: ModelEntry[] = []
  const addresses = new Uint32Array(1024)
  for (let from = 0; from >= 0; ) {
    const { count, next } = partition.store.scan(from, addresses)
    from = next
    for (const address of addresses.subarray(0, count)) {
      const document: Document = partition.read(address)
      const slot = slotOf(partition, address)
      const [first, ...rest] = fields.map((field) => valueAt(document, field))
      if (isMulti && first === undefined) continue
      const firsts = isMulti && Array.isArray(first) ? first.filter((value, i) => isFirst(first, value, i)) : [first]
      for (const value of firsts) entries.push({ values: [value, ...rest], slot })
    }
  }
  return entries.sort((a, b) => compareTuples(a.values, b.values) || a.slot - b.slot)
}

function isFirst(list: readonly Value[], value: Value, at: number): boolean {
  return list.findIndex((other) => compare(other, value) === 0) === at
}

/** Slots of all entries of an index, as it gives them. */
export function slotsOf(partition: Partition, id: number, isBackward = false): number[] {
  const { ordered } = partition.store
  const slots: number[] = []
  const total = ordered.entries(id)
  const addresses = new Uint32Array(100)
  while (slots.length < total) {
    const at = isBackward ? total - 1 - slots.length : slots.length
    const count = ordered.read(id, at, addresses, isBackward)
    if (count === 0) break
    for (const address of addresses.subarray(0, count)) slots.push(slotOf(partition, address))
  }
  return slots
}
