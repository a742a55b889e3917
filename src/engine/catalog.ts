// The catalog of an open database. This one is in memory; catalog-file.ts has the one on a medium.

import { type CatalogState, EMPTY_CATALOG } from '../catalog/index.ts'

/** Something that opening with `repair` had to drop. */
export interface Repair {
  readonly file: string
  readonly offset: number
  readonly bytes: number
  readonly reason: string
  /** The collection that the file belongs to, where that is known. */
  readonly collection?: string
}

export interface Catalog {
  readonly state: CatalogState
  /** What was dropped on opening. */
  readonly repairs: readonly Repair[]
  /** Replaces the catalog by `next`, which is durable when this resolves. */
  save(next: CatalogState): Promise<void>
  /** Removes files that a crash left of collections and partitions that are not in the catalog. */
  removeOrphans(): Promise<void>
  /** Removes the catalog's files; what is left is not a database. */
  erase(): Promise<void>
}

export class MemoryCatalog implements Catalog {
  state: CatalogState
  readonly repairs = []

  constructor(state: CatalogState = EMPTY_CATALOG) {
    this.state = state
  }

  async save(next: CatalogState): Promise<void> {
    this.state = next
  }

  async removeOrphans(): Promise<void> {}

  async erase(): Promise<void> {
    this.state = EMPTY_CATALOG
  }
}
