// Sparse vectors as stored in documents and as given in queries.

import type { SlotVector } from '../../core/derived/index.ts'

/**
 * `{ indices, values }` of equal length, or an object that maps dimension to value. Dimensions are integers from 0 to
 * 4,294,967,294.
 */
export type SparseVector =
  | { readonly indices: ArrayLike<number>; readonly values: ArrayLike<number> }
  | Readonly<Record<number, number>>

/** A vector ready for the core: each dimension once, no zeros, values as f32. */
export type SparseEntries = Omit<SlotVector, 'slot'>

const DIMENSION_MAX = 4_294_967_294

/**
 * The sparse vector in a value; undefined if it is not one: repeated dimensions, or a value that is not finite in f32.
 */
export function sparseEntries(value: unknown): SparseEntries | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) return undefined
  const { indices, values } = value as { indices?: unknown; values?: unknown }
  if (indices !== undefined || values !== undefined) {
    return isNumbers(indices) && isNumbers(values) ? entriesOf(indices, values) : undefined
  }
  const names = Object.keys(value)
  if (!names.every((name) => /^(?:0|[1-9]\d{0,9})$/.test(name))) return undefined
  return entriesOf(
    names.map(Number),
    names.map((name) => (value as Record<string, unknown>)[name]),
  )
}

function isNumbers(value: unknown): value is ArrayLike<number> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
}

function entriesOf(indices: ArrayLike<unknown>, values: ArrayLike<unknown>): SparseEntries | undefined {
  if (indices.length !== values.length) return undefined
  const seen = new Set<number>()
  const kept = { indices: [] as number[], values: [] as number[] }
  for (let i = 0; i < indices.length; i++) {
    const dimension = indices[i]
    const weight = values[i]
    if (typeof dimension !== 'number' || typeof weight !== 'number') return undefined
    if (!Number.isInteger(dimension) || dimension < 0 || dimension > DIMENSION_MAX || seen.has(dimension))
      return undefined
    const rounded = Math.fround(weight)
    if (!Number.isFinite(rounded)) return undefined
    seen.add(dimension)
    if (rounded === 0) continue
    kept.indices.push(dimension)
    kept.values.push(rounded)
  }
  return kept
}

/**
 * The entries without the smallest: of `n`, the `floor(ratio * n)` smallest by magnitude are dropped, as Milvus'
 * `drop_ratio_search` does. They cost the most time for the least effect.
 */
export function withoutSmallest(entries: SparseEntries, ratio: number): SparseEntries {
  const count = entries.indices.length
  const dropped = Math.floor(ratio * count)
  if (dropped === 0) return entries
  const order = Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => Math.abs(entries.values[b]!) - Math.abs(entries.values[a]!) || a - b,
  )
  const kept = order.slice(0, count - dropped).sort((a, b) => a - b)
  return { indices: kept.map((i) => entries.indices[i]!), values: kept.map((i) => entries.values[i]!) }
}
