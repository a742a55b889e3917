// The fast path for the two most frequent queries, `table.get(key)` and `table.insert(documents)` with plain values and
// no options: no evaluation, no query object, and only the engine copies documents. The answer is that of the general
// path.

import type { Fields } from './datum.ts'
import { told } from './errors.ts'
import { insertPlain } from './insert-plain.ts'
import { isPlainKey } from './key.ts'
import { NO_OPTIONS, type Node } from './node.ts'
import { NATIVE, storedToNative, toNative } from './output.ts'
import { ARRAY_LIMIT } from './query.ts'
import type { Known, Store, Table } from './store.ts'
import { T } from './terms.ts'

/**
 * The answer, or undefined if the general path is needed. Throws the query's errors; asynchronous ones reject as the
 * caller gets them.
 */
export function quick(node: Node, store: Store, db: string): Promise<unknown> | undefined {
  const { type, args } = node
  if ((type !== T.GET && type !== T.INSERT) || args.length !== 2 || node.optargs !== NO_OPTIONS) return undefined
  // Not destructured: this also runs before anything is compiled.
  const from = args[0]
  const given = args[1]
  if (from.type !== T.TABLE || given.type !== T.DATUM || !given.isPlain) return undefined
  const table = tableOf(from, store, db)
  if (table === undefined) return undefined
  const { value } = given
  if (type === T.GET) {
    if (!isPlainKey(value)) return undefined
    const document = table.direct.get(value)
    return Promise.resolve(document === undefined ? null : storedToNative(document))
  }
  if (typeof value !== 'object' || value === null) return undefined
  const answer = insertPlain(table, Array.isArray(value) ? value : [value], false, table.isHard, ARRAY_LIMIT)
  if (answer === undefined) return undefined
  const { result, done } = answer
  if (done === undefined) return Promise.resolve(counted(result))
  return done.then(
    () => counted(result),
    (error: unknown) => {
      throw told(error, node)
    },
  )
}

/** A result that has only counts has its fields in order. */
function counted(result: Fields): unknown {
  return result.first_error === undefined && result.generated_keys === undefined ? result : toNative(result, NATIVE)
}

/** The table of `r.table(name)` or `r.db(name).table(name)`, if it was found before or is easily found. */
function tableOf(node: Node, store: Store, db: string): Table | undefined {
  const { args } = node
  const table = (node.known as Known | undefined)?.table
  let name = args[0]
  if (args.length === 2) {
    if (name.type !== T.DB || name.args.length !== 1) return undefined
    db = name.args[0].value as string
    name = args[1]
  }
  if (table !== undefined && table.store === store && !table.isGone) {
    if (table.info.name === name.value && table.info.db === db) return table
  }
  if (args.length > 2 || node.optargs !== NO_OPTIONS || typeof name.value !== 'string') return undefined
  const found = typeof db === 'string' && db !== 'rethinkdb' ? store.find(db, name.value) : undefined
  if (found === undefined) return undefined
  found.known.table = found
  node.known = found.known
  return found
}
