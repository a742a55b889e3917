import type { Collection } from './collection.ts'
import { SeekdbValueError } from './errors.ts'
import type { Records } from './records.ts'
import type { QueryResult } from './types.ts'

export async function hybridSearch(
  records: Records,
  collection: Collection,
  options: Readonly<Record<string, unknown>>,
): Promise<QueryResult> {
  throw new SeekdbValueError(`later ${records.dimension} ${collection.name} ${Object.keys(options)}`)
}
