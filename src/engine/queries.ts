// Parsing filters and field types: a part of the engine that is loaded on demand, see parts.ts. The store loads the
// code that runs filters over records.

import { resolveFilter } from './read/filter.ts'
import type { FindOptions } from './read/find.ts'
import { planOf } from './read/plan.ts'
import type { CollectionState } from './state.ts'

export { compileFilter, parseFilter } from '../query/filters.ts'
export { schemaCheck } from './schema.ts'

/** Reads what a large log that was just opened still lacks, before a write or this find; undefined where keys suffice. */
export function readOn(
  state: CollectionState,
  find: Pick<FindOptions, 'filter'> | undefined,
): Promise<void> | undefined {
  const isByKey = find !== undefined && planOf(state, resolveFilter(find.filter, 'find')).kind === 'key'
  return isByKey ? undefined : state.prepare(true)
}
