// Rows of a table that the engine finds: its filters cover what `predicate.ts` can express, evaluation decides the
// rest.

import { type Filter, treeFilter } from '../../engine/index.ts'
import { all, any, none } from './conditions.ts'
import type { Datum } from './datum.ts'
import type { Predicate } from './predicate.ts'
import type { Table } from './store.ts'
import { fromStored } from './stored.ts'
import type { Pull } from './values.ts'

export class Planned {
  readonly table: Table
  readonly predicate: Predicate
  /** The predicate, evaluated. */
  readonly #test: (row: Datum) => boolean

  constructor(table: Table, predicate: Predicate, test: (row: Datum) => boolean) {
    this.table = table
    this.predicate = predicate
    this.#test = test
  }

  /** With a further predicate; undefined if the engine cannot run the two as one. */
  and(other: Predicate, test: (row: Datum) => boolean): Planned | undefined {
    const own = this.predicate
    // Where something is missing, each decides for itself; an error that ends the query must not be skipped.
    if (own.isFailMatch || other.isFailMatch || !own.isExact) return undefined
    const odds = [own.odd, other.odd].filter((odd) => odd !== undefined)
    const predicate = {
      tree: all([own.tree, other.tree]),
      odd: odds.length === 0 ? undefined : any(odds),
      isFailMatch: false,
      isExact: other.isExact,
    }
    return new Planned(this.table, predicate, (row) => this.#test(row) && test(row))
  }

  /** The rows that may match. */
  get filter(): Filter {
    const { tree, odd, isFailMatch } = this.predicate
    return treeFilter(odd === undefined ? tree : any([odd, tree]), { isFailMatch })
  }

  open(): Pull {
    const { odd, isExact } = this.predicate
    const next = this.table.direct.find(this.filter)
    const test = odd === undefined && isExact ? undefined : this.#test
    return () => {
      for (let document = next(); document !== undefined; document = next()) {
        const row = fromStored(document)
        if (test === undefined || test(row)) return row
      }
      return undefined
    }
  }

  /** The number of rows; undefined if counting requires reading them. */
  count(): number | undefined {
    const { tree, odd, isFailMatch, isExact } = this.predicate
    if (!isExact) return undefined
    const { direct } = this.table
    const counted = (filter: Filter) => direct.countOf(filter)
    if (odd === undefined) return counted(treeFilter(tree, { isFailMatch }))
    let total = counted(treeFilter(all([none(odd), tree]), { isFailMatch }))
    const next = direct.find(treeFilter(odd))
    for (let document = next(); document !== undefined; document = next()) {
      if (this.#test(fromStored(document))) total++
    }
    return total
  }
}
