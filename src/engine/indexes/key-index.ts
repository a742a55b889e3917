// An ordered index of the primary key that nobody makes: built between turns of the event loop once documents were wanted by their keys'
// order again and again, then used by queries as any other. The catalog does not know of it, so it is gone when the database was closed.
//
// It is never declared complete: documents that come later are taken in when a query would use it, so they cost the write nothing. Those that
// are in it leave it when they go, as they do with every index.

import type { IndexDefinition } from '../../catalog/index.ts'
import { ORDERED_MAX, performance, S_PAGES_LIMIT, S_PAGES_TOP } from '../../core/index.ts'
import { LimitError, StateError } from '../../error/index.ts'
import { parsePath } from '../../query/filters.ts'
import type { Partition } from '../partition.ts'
import { pause, SLICE_MS } from '../pause.ts'
import type { CollectionState } from '../state.ts'
import { pathKeysOf } from './index-ranges.ts'
import { buildSlots, shapeOf } from './indexes.ts'

/** Those of the catalog count from 0. */
const ID = 0xffff_fffe
/** So many documents are taken in at once, 1 to 6 us each. After more of them the index waits until it is wanted again and again. */
const TAKEN_MAX = 2_048

/** The index, and the partitions it was built in. */
export interface KeyIndex {
  readonly definition: IndexDefinition
  readonly parts: readonly Partition[]
}

const building = new WeakSet<CollectionState>()

/** The indexes for a query that names these paths; see `pathKey`. */
export function indexesOf(state: CollectionState, paths: readonly string[]): readonly IndexDefinition[] {
  if (state.keyIndex === null || !paths.includes(pathKeysOf(state.keyIndex.definition)[0]!)) return state.indexes
  const own = keyIndexOf(state)
  return own === undefined ? state.indexes : [...state.indexes, own]
}

/** The index of the key with every document in it, where it takes little to have that. */
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

/** Takes in all that came since. */
export function completeKeyIndex({ keyIndex }: CollectionState): void {
  for (const { store } of keyIndex!.parts) while (!store.ordered.build(ID, TAKEN_MAX));
}

/**
 * Makes it; others may read and write meanwhile. Where it would take the memory that writes need there is none.
 *
 * @throws StateError, ClosedError when the partitions changed meanwhile, or were closed. Queries do without it.
 */
export async function buildKeyIndex(state: CollectionState): Promise<void> {
  const { parts, primaryKey } = state
  const [step, ...more] = parsePath(primaryKey)
  if (step!.index !== null || more.length > 0 || building.has(state) || keyIndexOf(state) !== undefined) return
  building.add(state)
  try {
    await build(state, parts, { id: ID, name: primaryKey, fields: [primaryKey], unique: false, multi: false })
  } catch (error) {
    if (!(error instanceof LimitError)) return await state.reject(error)
    drop(parts)
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
  await buildSlots(parts, ID, async () => {
    if (performance.now() - began < SLICE_MS) return
    await pause()
    requireSame()
    began = performance.now()
  })
  state.keyIndex = { definition, parts }
}

/** Whether more than three quarters of the memory that a partition may have were used at some time. */
function isTight({ store: { memory } }: Partition): boolean {
  return memory.state(S_PAGES_TOP) > 0.75 * memory.state(S_PAGES_LIMIT)
}

/** Snapshots, and those that are made by hand, need its place. */
export function forgetKeyIndex(state: CollectionState): void {
  if (state.keyIndex === null) return
  drop(state.keyIndex.parts)
  state.keyIndex = null
}

function drop(parts: readonly Partition[]): void {
  for (const { store } of parts) if (store.ordered.has(ID)) store.ordered.drop(ID)
}
