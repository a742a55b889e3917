// Creating, restoring and dropping ordered indexes. An index is in the catalog once it is complete in every partition;
// what a crash leaves of an incomplete one is discarded.

import type { CollectionDefinition, IndexDefinition } from '../../catalog/index.ts'
import type { IndexShape } from '../../core/derived/index.ts'
import {
  ORDERED_MAX,
  outOfMemory,
  PAGES_RESERVED_SCRATCH,
  performance,
  S_PAGES_FREE,
  S_PAGES_LIMIT,
  S_PAGES_TOP,
} from '../../core/index.ts'
import { DuplicateKeyError } from '../../error/index.ts'
import { parsePath } from '../../query/filters.ts'
import type { Progress } from '../file/medium.ts'
import { describeKey, keyIdentity } from '../key.ts'
import type { Partition } from '../partition.ts'
import { pause, SLICE_MS } from '../pause.ts'
import type { CollectionState } from '../state.ts'
import { forgetKeyIndex } from './key-index.ts'
import { describeValues, holderOf, readerOf, tuplesOf } from './unique.ts'

const shapes = new WeakMap<IndexDefinition, IndexShape>()

/** The index as the core takes it. */
export function shapeOf(index: IndexDefinition): IndexShape {
  let shape = shapes.get(index)
  if (shape === undefined) {
    const { id, fields, unique, multi } = index
    shape = { id, fields: fields.map(parsePath), isUnique: unique, isMulti: multi }
    shapes.set(index, shape)
  }
  return shape
}

/** Slots processed at a time, which takes some milliseconds. */
const BUILD_SLOTS = 4_096
const ALL_SLOTS = 0xffffffff

/**
 * Brings the indexes of a freshly opened partition in line with the catalog: those restored from a snapshot are kept,
 * the others are built. Throws a LimitError if there is no room, or too little is left; with `isTight`, all may be used.
 */
export async function restoreIndexes(
  partition: Partition,
  indexes: readonly IndexDefinition[],
  onProgress: ((progress: Progress) => void) | undefined,
  isTight = false,
): Promise<void> {
  const { store } = partition
  const { ordered } = store
  for (const id of ordered.ids) if (!indexes.some((index) => index.id === id)) ordered.drop(id)
  const missing = indexes.filter(({ id }) => !ordered.has(id) || !ordered.isReady(id))
  const total = missing.length * partition.count
  // As before the opening, what deletions need may have gone into an index.
  store.lendPages(isTight)
  for (const [done, index] of missing.entries()) {
    if (partition.count > BUILD_SLOTS) await pause()
    onProgress?.({ phase: 'index', done: done * partition.count, total })
    if (ordered.has(index.id)) ordered.clear(index.id)
    else ordered.create(shapeOf(index))
    buildAtOnce(partition, index.id)
    ordered.setReady(index.id)
  }
  store.lendPages(false)
  if (!isTight && missing.length > 0 && isCramped(partition)) throw outOfMemory('what deletions need')
  if (missing.length > 0) onProgress?.({ phase: 'index', done: total, total })
}

/** Whether deletions or a compaction may find no pages. */
function isCramped({ store: { memory } }: Partition): boolean {
  const spare = memory.state(S_PAGES_LIMIT) + memory.state(S_PAGES_FREE) - memory.state(S_PAGES_TOP)
  return spare < PAGES_RESERVED_SCRATCH
}

/** After a repair: lost frames may have kept two documents apart. Duplicates stay, and are reported to the caller. */
export function noteDoubles(partition: Partition, file: string, indexes: readonly IndexDefinition[]): void {
  for (const { id, name, unique } of indexes) {
    if (!unique || partition.store.ordered.firstDouble(id) < 0) continue
    const reason = `documents that were salvaged have the same values under the unique index "${name}"`
    partition.repairs.push({ file, offset: 0, bytes: 0, reason })
  }
}

/** Sorting all entries at once needs memory, which may be short. */
function buildAtOnce({ store: { ordered } }: Partition, id: number): void {
  try {
    ordered.build(id, ALL_SLOTS)
  } catch {
    ordered.buildInParts(id)
  }
}

/** Puts a definition into the catalog. */
export type SaveDefinition = (next: CollectionDefinition) => Promise<void>

/** What is made of an index may be in a snapshot before it is in the catalog: no other is to have its id. */
export function reserveId(
  { definition }: CollectionState,
  { nextIndexId }: CollectionDefinition,
  save: SaveDefinition,
): Promise<void> {
  return save({ ...definition, nextIndexId })
}

/**
 * Builds an index in all partitions; others may write meanwhile, and the index includes those writes. When this
 * resolves the index is complete and, if unique, enforced. When it rejects there is no index.
 *
 * @param definition - the collection with the index.
 * @throws ConflictError (DuplicateKeyError) when two documents have the same values in a unique index.
 */
export async function buildIndex(
  state: CollectionState,
  index: IndexDefinition,
  definition: CollectionDefinition,
  save: SaveDefinition,
): Promise<void> {
  const { parts, indexes } = state
  const began = { at: performance.now() }
  await reserveId(state, definition, save)
  if (indexes.length + 1 >= ORDERED_MAX) forgetKeyIndex(state)
  try {
    for (const part of parts) await part.derive()
    for (const part of parts) part.store.ordered.create(shapeOf(index))
    await buildSlots(parts, index.id, {
      rest: () => rest(state, began),
      complete() {
        for (const part of parts) part.store.ordered.setReady(index.id)
        // Queries do not use it before it is sure to stay.
        state.setIndexes([...indexes, index], indexes)
      },
    })
    if (index.unique) await requireDistinct(state, index, began)
    await save(definition)
    state.setIndexes([...indexes, index])
  } catch (error) {
    forgetIndex(state, index)
    throw error
  }
}

/**
 * Adds all slots, and calls `complete` in the stretch in which none is missing: whoever awaits this may continue after
 * others have written.
 */
export async function buildSlots(
  parts: readonly Partition[],
  id: number,
  { rest, complete }: { readonly rest: () => Promise<void>; readonly complete: () => void },
): Promise<void> {
  const isWhole = ({ store }: Partition) => store.ordered.build(id, BUILD_SLOTS)
  for (const part of parts) while (!isWhole(part)) await rest()
  // While one partition was built, documents may have been added to the others.
  while (!parts.every(isWhole)) await rest()
  complete()
}

/** Removes an index that is no longer in the catalog, or never was. */
export function forgetIndex(state: CollectionState, index: IndexDefinition): void {
  state.setIndexes(state.indexes.filter(({ id }) => id !== index.id))
  for (const part of state.parts)
    if (part.isDerived && part.store.ordered.has(index.id)) part.store.ordered.drop(index.id)
}

async function rest(state: CollectionState, began: { at: number }): Promise<void> {
  if (performance.now() - began.at < SLICE_MS) return
  await pause()
  const refusal = state.refuseWrite()
  if (refusal !== null) throw refusal
  began.at = performance.now()
}

const PAIR = new Uint32Array(2)
const CHUNK = 64

/** Checks for duplicates. The index is already enforced, so any were there before. */
async function requireDistinct(state: CollectionState, index: IndexDefinition, began: { at: number }): Promise<void> {
  for (const part of state.parts) {
    const { ordered } = part.store
    const at = ordered.firstDouble(index.id)
    if (at < 0) continue
    ordered.read(index.id, at, PAIR, false)
    const [one, two] = PAIR as unknown as [number, number]
    throw duplicates(state, index, readerOf(index).read(part, one), part.readKey(one), part.readKey(two))
  }
  // Each document of a partition is looked up in the partitions after it.
  for (let i = 0; i + 1 < state.parts.length; i++) {
    for (let slot = 0; slot >= 0; ) {
      const addresses = new Uint32Array(CHUNK)
      const part = state.parts[i]!
      const { count, next } = part.store.scan(slot, addresses)
      slot = next
      for (const address of addresses.subarray(0, count)) {
        requireNoTwin(state, index, part, address, state.parts.slice(i + 1))
      }
      await rest(state, began)
    }
  }
}

function requireNoTwin(
  state: CollectionState,
  index: IndexDefinition,
  part: Partition,
  address: number,
  others: readonly Partition[],
): void {
  for (const values of tuplesOf(index, part, address)) {
    for (const other of others) {
      const twin = holderOf(other, index.id, values)
      if (twin === 0) continue
      const [key, otherKey] = [part.readKey(address), other.readKey(twin)]
      if (keyIdentity(key) !== keyIdentity(otherKey)) throw duplicates(state, index, values, key, otherKey)
    }
  }
}

function duplicates(
  state: CollectionState,
  index: IndexDefinition,
  values: readonly unknown[],
  key: unknown,
  otherKey: unknown,
): DuplicateKeyError {
  return new DuplicateKeyError(
    `index "${index.name}" of collection "${state.name}" cannot be unique: the documents with keys ${describeKey(key)} and ` +
      `${describeKey(otherKey)} both have ${describeValues(values as never)}; nothing was made`,
    { details: { collection: state.name, index: index.name, keys: [key, otherKey] } },
  )
}
