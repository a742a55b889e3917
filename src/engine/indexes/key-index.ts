// An ordered index of the primary key that the engine makes itself: built between turns of the event loop once
// documents have repeatedly been requested in key order, then used by queries like any other. It is not in the catalog,
// so it is gone when the database is closed.
//
// It is never declared complete: later documents are added when a query is about to use it, so they cost writes
// nothing. Documents in it leave it when they are deleted, as with every index.

import type { IndexDefinition } from '../../catalog/index.ts'
import { ORDERED_MAX, performance, S_PAGES_LIMIT, S_PAGES_TOP } from '../../core/index.ts'
import { LimitError, StateError } from '../../error/index.ts'
import { parsePath } from '../../query/filters.ts'
import type { Partition } from '../partition.ts'
import { pause, SLICE_MS } from '../pause.ts'
import type { CollectionState } from '../state.ts'
import { pathKeysOf } from './index-ranges.ts'
import { buildSlots, shapeOf } from './indexes.ts'

/** Ids in the catalog count up from 0. */
const ID = 0xffff_fffe
/**
 * At most this many documents are added at a use, at 1 to 6 us each. If more are missing, the index waits until it is
 * requested repeatedly again.
 */
const TAKEN_MAX = 2_048

/** The index, and the partitions it was built in. */
export interface KeyIndex {
  readonly definition: IndexDefinition
  readonly parts: readonly Partition[]
}

const building = new WeakSet<CollectionState>()

/** The candidate indexes for a query on these paths; see `pathKey`. */
export function indexesOf(state: CollectionState, paths: readonly string[]): readonly IndexDefinition[] {
  if (state.keyIndex === null || !paths.includes(pathKeysOf(state.keyIndex.definition)[0]!)) return state.indexes
  const own = keyIndexOf(state)
  return own === undefined ? state.indexes : [...state.indexes, own]
}

/** The key index with every document in it, if bringing it up to date is cheap. */
export function keyIndexOf(state: CollectionState): IndexDefinition | undefined {
  const { keyIndex, parts } = state
  if (keyIndex?.parts !== parts) return undefined
  const left = parts.reduce((sum, { store }) => sum + store.slots - store.ordered.built(ID), 0)
  if (left > TAKEN_MAX) return undefined
  try {
    if (left > 0) completeKeyIndex(state)
    return keyIndex.definition
  } catch (error) {
    if (!(error instanceof LimitError)) throw error
    forgetKeyIndex(state)
    return undefined
  }
}

/** Adds all documents inserted since. */
export function completeKeyIndex({ keyIndex }: CollectionState): void {
  for (const { store } of keyIndex!.parts) while (!store.ordered.build(ID, TAKEN_MAX));
}

/**
 * Builds the index; others may read and write meanwhile. It is not built where it would take memory that writes need.
 *
 * @throws StateError, ClosedError when the partitions changed or were closed meanwhile. Queries do without the index
 * then.
 */
export async function buildKeyIndex(state: CollectionState): Promise<void> {
  const { parts, primaryKey } = state
  const [step, ...more] = parsePath(primaryKey)
  if (step!.index !== null || more.length > 0 || building.has(state) || keyIndexOf(state) !== undefined) return
  building.add(state)
  try {
    await build(state, parts, { id: ID, name: primaryKey, fields: [primaryKey], unique: false, multi: false })
  } catch (error) {
    // What is made of it would take the place of a declared index.
    if (error instanceof LimitError || error instanceof StateError) drop(parts.filter(({ isClosing }) => !isClosing))
    if (!(error instanceof LimitError)) return await state.reject(error)
  } finally {
    building.delete(state)
  }
}

async function build(state: CollectionState, parts: readonly Partition[], definition: IndexDefinition): Promise<void> {
  const requireSame = () => {
    const refusal = state.refuseRead()
    if (refusal !== null) throw refusal
    if (state.parts !== parts) throw new StateError(`the partitions of collection "${state.name}" have changed`)
  }
  for (const part of parts) await part.derive()
  requireSame()
  if (state.indexes.length + 1 >= ORDERED_MAX || parts.some(isTight)) return
  for (const { store } of parts) if (!store.ordered.has(ID)) store.ordered.create(shapeOf(definition))
  let began = performance.now()
  await buildSlots(parts, ID, {
    async rest() {
      if (performance.now() - began < SLICE_MS) return
      await pause()
      requireSame()
      began = performance.now()
    },
    complete() {
      state.keyIndex = { definition, parts }
    },
  })
}

/** Whether the partition has ever used more than three quarters of its memory limit. */
function isTight({ store: { memory } }: Partition): boolean {
  return memory.state(S_PAGES_TOP) > 0.75 * memory.state(S_PAGES_LIMIT)
}

/** Drops the index; snapshots and declared indexes need its place. */
export function forgetKeyIndex(state: CollectionState): void {
  if (state.keyIndex === null) return
  drop(state.keyIndex.parts)
  state.keyIndex = null
}

function drop(parts: readonly Partition[]): void {
  for (const { store } of parts) if (store.ordered.has(ID)) store.ordered.drop(ID)
}
