// The options of find, checked.

import { TypeMismatchError, UsageError } from '../../error/index.ts'
import type { CompiledFilter } from '../../query/index.ts'
import { copyGiven } from '../given.ts'
import { isObject } from '../merge.ts'
import { describe, requireCount, requireOptions } from '../options.ts'
import { type Filter, isAll, resolveFilter } from './filter.ts'
import { type Sort, type SortField, sortFields } from './sort.ts'

/** Options of `find`. */
export interface FindOptions {
  /** Which documents; default: all. */
  readonly filter?: Filter | undefined
  /** Fields to return, as paths: `['id', 'author.name']`. Default: all of them. */
  readonly select?: readonly string[] | undefined
  /** The order: `'likes'`, `'-likes'`, `{ likes: -1, id: 1 }`; default: whatever is fastest. */
  readonly sort?: Sort | undefined
  /** Documents to skip; default 0. */
  readonly skip?: number | undefined
  /** Maximum number of documents; default: all. */
  readonly limit?: number | undefined
  /** Names of the partitions to search; default: all. */
  readonly partitions?: readonly string[] | undefined
}

/** The options of one find. */
export interface FindRequest {
  readonly filter: CompiledFilter
  readonly select: readonly string[] | undefined
  readonly sort: readonly SortField[] | undefined
  readonly skip: number
  /** Infinity for all. */
  readonly limit: number
  readonly partitions: readonly string[] | undefined
}

const FIND_OPTIONS = ['filter', 'select', 'sort', 'skip', 'limit', 'partitions']

/**
 * The checked options; a function if checking must wait until filters can run, or if something was refused, which is
 * reported when the cursor is used.
 */
export function requestOf(options: FindOptions | undefined, isQueryable: boolean): FindRequest | (() => FindRequest) {
  try {
    if (isQueryable || !isObject(options) || isAll(options['filter'])) return findRequest(options)
    const given = copyGiven(options)
    return () => findRequest(given)
  } catch (error) {
    return () => {
      throw error
    }
  }
}

function findRequest(options: FindOptions = {}): FindRequest {
  requireOptions(options, FIND_OPTIONS, 'of find')
  const { filter, select, sort, skip, limit, partitions } = options
  return {
    filter: resolveFilter(filter, 'find'),
    select: select === undefined ? undefined : strings(select, 'select of find', 'paths of fields'),
    sort: sort === undefined ? undefined : sortFields(sort),
    skip: skip === undefined ? 0 : requireCount(skip, 'skip of find'),
    limit: limit === undefined || (limit as number) === Infinity ? Infinity : requireCount(limit, 'limit of find'),
    partitions: partitions === undefined ? undefined : strings(partitions, 'partitions of find', 'names of partitions'),
  }
}

export function strings(value: unknown, what: string, noun: string): readonly string[] {
  if (!Array.isArray(value)) throw new TypeMismatchError(`${what} is an array of ${noun}, got ${describe(value)}`)
  for (const item of value) {
    if (typeof item !== 'string')
      throw new TypeMismatchError(`${what} is an array of ${noun}, got ${describe(item)} in it`)
    if (item === '') throw new UsageError(`${what} has an empty string in it; it is an array of ${noun}`)
  }
  return [...value] as string[]
}
