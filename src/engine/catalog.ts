// The catalog of an open database: in memory here, on its medium in catalog-file.ts.

import { type CatalogState, EMPTY_CATALOG } from '../catalog/index.ts'

/** Something that opening with `repair` had to drop. */
export interface Repair {
  readonly file: string
  readonly offset: number
  readonly bytes: number
  readonly reason: string
  /** Whose file it is, where that is known. */
  readonly collection?: string
}

export interface Catalog {
  readonly state: CatalogState
  /** What opening had to do without. */
  readonly repairs: readonly Repair[]
  /** Makes `next` the catalog; it is durable when this resolves. */
  save(next: CatalogState): Promise<void>
  /** Removes what a crash left of collections and partitions that are not in the catalog. */
  removeOrphans(): Promise<void>
  /** Removes the catalog's files: what is left is no database. */
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
