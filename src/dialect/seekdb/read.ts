// get and delete: which records, and which of their columns.

import { readIds } from './columns.ts'
import { SeekdbValueError } from './errors.ts'
import { readFilters } from './filter.ts'
import { isGiven, type Options, readCount } from './options.ts'
import type { Selection, Window } from './records.ts'
import { ALL_COLUMNS, type Include, readInclude } from './result.ts'

/** A get call, read before anything waits: later changes by the caller have no effect. */
export interface GetRequest {
  readonly selection: Selection
  readonly window: Window
  readonly include: Include
}

export function readGet(options: Options): GetRequest {
  const include = readInclude(options['include'], ALL_COLUMNS)
  const ids = readIds(options['ids'])
  const filter = readFilters(options['where'], options['whereDocument'])
  const { limit, offset } = options
  return {
    selection: { ids: ids.length === 0 ? undefined : ids, filter },
    window: {
      skip: isGiven(offset) ? readCount(offset, 'offset') : 0,
      limit: isGiven(limit) && limit !== Infinity ? readCount(limit, 'limit') : Infinity,
      withVectors: include.embeddings,
    },
    include,
  }
}

/** What a delete call selects. @throws SeekdbValueError when that would be everything. */
export function readDelete(options: Options): Selection {
  const { ids } = options
  const filter = readFilters(options['where'], options['whereDocument'])
  const selection = { ids: isGiven(ids) && ids !== '' ? readIds(ids) : undefined, filter }
  if (selection.ids === undefined && filter === undefined) {
    throw new SeekdbValueError('At least one of ids, where, or whereDocument must be provided')
  }
  return selection
}
