// The checks of a query that come before those of database and table.

import { Refusal } from './response.ts'
import { isList, type SparseVector } from './schema.ts'
import { type QueryConfig, readCount } from './table.ts'

/** Null counts as not given. */
function isGiven<T>(value: T | null | undefined): value is T {
  return value !== undefined && value !== null
}

/** Makes the checks of a query that need no database. @throws Refusal */
export function checkQuery(config: QueryConfig | undefined): QueryConfig {
  const { queryField, queryIndex, limit, queryVector, query } = config ?? ({} as Partial<QueryConfig>)
  if (isGiven(queryField) && isGiven(queryIndex)) {
    throw new Refusal(400, 'Can only specify either queryField or queryIndex, but not both.')
  }
  if (!isGiven(limit)) throw new Refusal(400, 'limit is missing in your payload.')
  readCount('limit', limit, 0, 400)
  if (typeof queryVector === 'object' && !isList(queryVector ?? [])) {
    const { indices, values } = queryVector as SparseVector
    if (!Array.isArray(indices)) throw new Refusal(400, 'missing indices field for sparse vector')
    if (!Array.isArray(values)) throw new Refusal(400, 'missing values field for sparse vector')
    if (indices.length !== values.length) {
      throw new Refusal(400, 'sparse vector indices and values array are of different sizes.')
    }
  }
  if (!isGiven(queryVector) && !isGiven(query)) {
    throw new Refusal(400, 'query or queryVector must be provided.')
  }
  return config!
}
