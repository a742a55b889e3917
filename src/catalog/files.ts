// File names. They consist of ids alone, so no collection name ever reaches the file system: nothing can escape the
// directory, collide by case, or be a reserved name.

import type { CatalogState } from './definition.ts'

/** The catalog itself. */
export const CATALOG_FILE = 'catalog'
/** The next catalog while it is being written. */
export const CATALOG_NEW_FILE = 'catalog.new'
/** A second copy of the catalog, for `repair`. */
export const CATALOG_COPY_FILE = 'catalog.copy'

const NUMBER = '(0|[1-9][0-9]{0,9})'
const DATA_FILE = new RegExp(`^c${NUMBER}\\.p${NUMBER}\\.(?:${NUMBER}\\.log|snapshot)(?:\\.tmp)?$`)

/** The ids in the name of a partition's file; undefined for any other file. */
export function parseDataFile(name: string): { collectionId: number; partitionId: number } | undefined {
  const match = DATA_FILE.exec(name)
  if (match === null) return undefined
  return { collectionId: Number(match[1]), partitionId: Number(match[2]) }
}

/**
 * Files that a crash left behind: created for a collection or partition that never reached the catalog, or left by a
 * removal that was cut short. Ids that this catalog has not given out, and would not give out next, mark files that are
 * not ours.
 */
export function orphanFiles(state: CatalogState, names: readonly string[]): string[] {
  const byId = new Map(state.collections.map((collection) => [collection.id, collection]))
  return names.filter((name) => {
    const ids = parseDataFile(name)
    if (ids === undefined || ids.collectionId > state.nextCollectionId) return false
    const collection = byId.get(ids.collectionId)
    if (collection === undefined) return true
    if (ids.partitionId >= collection.nextPartitionId + collection.shards) return false
    return !collection.partitions.some(({ id }) => ids.partitionId >= id && ids.partitionId < id + collection.shards)
  })
}
