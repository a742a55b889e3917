// Files that a database can do without: its snapshots, which only save time, and the second copy of its catalog, which
// only serves a repair. Damaged, they are ignored, and nobody is told unless by asking here.

import { CATALOG_COPY_FILE, parseDataFile } from '../../catalog/stored.ts'
import { CollectionShapes, Store } from '../../core/index.ts'
import { isIntact, Slice } from '../../journal/index.ts'
import type { StorageDirectory } from '../../storage/index.ts'
import { readCatalog } from './catalog-file.ts'

const SNAPSHOT = /\.snapshot$/

/** The names of those that are damaged. */
export async function damagedSpares(storage: StorageDirectory): Promise<string[]> {
  const damaged: string[] = []
  for (const name of await storage.list()) {
    if (name === CATALOG_COPY_FILE) {
      await readCatalog(storage, name).catch(() => damaged.push(name))
    } else if (SNAPSHOT.test(name) && parseDataFile(name) !== undefined) {
      const store = await Store.create({ shapes: new CollectionShapes('id'), makeKey: () => '' })
      if (!(await isIntact(storage, name, store, new Slice()))) damaged.push(name)
    }
  }
  return damaged
}
