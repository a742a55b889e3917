// What `stats()` and `indexes()` report about a collection.

import type { CollectionStats, IndexInfo } from './collection-types.ts'
import type { CollectionState } from './state.ts'

export function indexInfos({ parts, definition }: CollectionState): IndexInfo[] {
  const ordered = definition.indexes.map(({ id, name, fields, unique, multi }): IndexInfo => {
    const entries = parts.reduce((sum, { store }) => sum + store.ordered.entries(id), 0)
    return { name, type: 'ordered', fields, unique, multi, entries }
  })
  const inverted = definition.inverted.map((index): IndexInfo => {
    const { type, name, fields, id } = index
    const entries = parts.reduce((sum, part) => sum + part.inverted.entries(id), 0)
    if (type === 'sparse') return { name, type, fields, entries }
    const { analyzer, k1, b } = index
    return { name, type, fields, analyzer, k1, b, entries }
  })
  return [...ordered, ...inverted]
}

export function collectionStats({ parts, groups, definition }: CollectionState): CollectionStats {
  let documents = 0
  let bytes = 0
  let memory = 0
  let pending = 0
  let vectors = 0
  for (const part of parts) {
    const stats = part.stats()
    documents += stats.documents
    bytes += stats.bytes
    memory += stats.memory
    pending += part.upkeep?.pending ?? 0
    for (const field of definition.vectors.keys()) vectors += part.store.vectors.count(field)
  }
  return {
    documents,
    bytes,
    vectors,
    indexes: definition.indexes.length + definition.inverted.length,
    partitions: groups.length,
    memory,
    ...(pending > 0 ? { pending } : {}),
  }
}
