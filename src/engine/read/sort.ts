// The order that a query asks for.

import { TypeMismatchError, UsageError } from '../../error/index.ts'
import { describe } from '../options.ts'

/**
 * An order: `'likes'`, `'-likes'` for descending, `{ likes: -1, id: 1 }` for several fields, or the equivalent
 * `['-likes', 'id']`. Fields are dotted paths. Ascending, missing fields come first, then null, booleans, numbers,
 * strings, dates, binaries, arrays, objects; documents equal in all fields stay in the order of the scan.
 */
export type Sort = string | readonly string[] | Readonly<Record<string, 1 | -1>>

export interface SortField {
  readonly path: string
  readonly isDescending: boolean
}

/** Checks `sort`; undefined when nothing is to be sorted. */
export function sortFields(sort: unknown): readonly SortField[] | undefined {
  const fields = fieldsOf(sort)
  return fields.length === 0 ? undefined : fields
}

function fieldsOf(sort: unknown): SortField[] {
  if (typeof sort === 'string') return [signedField(sort)]
  if (Array.isArray(sort)) {
    return Array.from(sort, (field: unknown) => {
      if (typeof field === 'string') return signedField(field)
      throw new TypeMismatchError(`sort of find is an array of fields, got ${describe(field)} in it`)
    })
  }
  if (typeof sort !== 'object' || sort === null) {
    throw new TypeMismatchError(`sort of find is a field, "-field", or { field: 1 or -1 }, got ${describe(sort)}`)
  }
  return Object.entries(sort).map(([path, direction]) => {
    if (direction !== 1 && direction !== -1) {
      throw new UsageError(`sort of find: "${path}" takes 1 or -1, got ${describe(direction)}`)
    }
    return field(path, direction === -1)
  })
}

function signedField(text: string): SortField {
  const isDescending = text.startsWith('-')
  return field(isDescending ? text.slice(1) : text, isDescending)
}

function field(path: string, isDescending: boolean): SortField {
  if (path === '') throw new UsageError('sort of find has an empty field; it takes the paths of fields')
  return { path, isDescending }
}
