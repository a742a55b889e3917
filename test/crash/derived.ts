// What partitions of the crash tests derive from their documents, and whether it is right.

import { FlatSearch } from '../../src/core/derived/index.ts'
import { parsePath } from '../../src/query/filters.ts'
import { modelEntries, slotsOf } from '../core/ordered-model.ts'
import type { Partition } from '../core/partitions.ts'
import { contentsOf, vectorOf } from './contents.ts'

const INDEXES = [
  { id: 1, fields: ['version'] },
  { id: 2, fields: ['text', 'version'] },
] as const

/** Has a partition keep a graph, which snapshots bring back, and two ordered indexes; the first partition's snapshots bring these back. */
export function follow(partition: Partition): void {
  if (!partition.isDerived) return
  const { graphs } = partition.store
  if (!graphs.has(0)) graphs.create(0, 16, 40) // With fewer links a node, a walk misses one now and then.
  const { ordered } = partition.store
  for (const { id, fields } of INDEXES) {
    if (ordered.has(id)) continue
    ordered.create({ id, fields: fields.map(parsePath), isUnique: false, isMulti: false })
    while (!ordered.build(id, 1_000)) {
      // In pieces.
    }
    ordered.setReady(id)
  }
}

/**
 * What is wrong with the graph that a partition has, as it is and brought up to date: a walk as wide as there are vectors misses one, or what
 * looking at every vector finds is not what is stored.
 */
export function graphFault(partition: Partition): string | undefined {
  if (!partition.isDerived) return undefined
  const { graphs, memory } = partition.store
  if (!graphs.has(0)) return undefined
  const query = vectorOf(1)
  const stored = [...contentsOf(partition).values()].map((version) =>
    vectorOf(version).reduce((sum, lane, i) => sum + (lane - query[i]!) ** 2, 0),
  )
  const wanted = stored.sort((a, b) => a - b).join()
  const count = stored.length
  const find = (fill: (search: FlatSearch) => void) => {
    const search = new FlatSearch(memory, { field: 0, queries: [query], count })
    fill(search)
    const found = search.nearest(0).distances.join()
    search.release()
    return found
  }
  for (const state of ['as it was', 'up to date']) {
    const exact = find((search) => search.scan(0, 1e9))
    if (exact !== wanted) return `${state}, distances are ${exact} instead of ${wanted}`
    // One whose nodes went stale has nowhere to start, or lost its ways: searches look at every vector then, as when a walk finds too few.
    let isWalked = graphs.isWalkable(0)
    const least = state === 'as it was' ? graphs.linked(0) - graphs.stale(0) : 0
    const walked = find((search) => {
      isWalked &&= graphs.search(search, 0, { field: 0, ef: 1_000, rescored: 1_000, wanted: least, budget: 1e9 })
    })
    if (isWalked && walked !== wanted) return `${state}, the graph finds ${walked} instead of ${wanted}`
    while (graphs.maintain(0, 8) > 0) {
      // In pieces.
    }
  }
  return undefined
}

/** What is wrong with the ordered indexes that a partition has; undefined when nothing is. */
export function indexFault(partition: Partition): string | undefined {
  if (!partition.isDerived) return undefined
  for (const { id, fields } of INDEXES) {
    if (!partition.store.ordered.has(id)) continue
    const expected = modelEntries(partition, fields, false).map(({ slot }) => slot)
    const found = slotsOf(partition, id)
    if (found.join() !== expected.join()) return `index ${id} has slots ${found.join()} instead of ${expected.join()}`
  }
  return undefined
}
