// The options of find, checked.

import { TypeMismatchError, UnsupportedError, UsageError } from '../error/index.ts'
import { describe, requireCount, requireOptions } from './options.ts'
import { requireNoFilter } from './update.ts'

/** A filter. Only `{}`, all documents, is understood so far. */
export type Filter = Readonly<Record<string, unknown>>

/** Options of `find`. */
export interface FindOptions {
  /** Filters come in a later version; `{}` means all documents. */
  readonly filter?: Filter | undefined
  /** Fields to return, as paths: `['id', 'author.name']`. Default: all of them. */
  readonly select?: readonly string[] | undefined
  /** Sorting comes in a later version. */
  readonly sort?: undefined
  /** Documents to pass over; default 0. */
  readonly skip?: number | undefined
  /** How many documents at most; default: all. */
  readonly limit?: number | undefined
  /** Names of the partitions to look in; default: all. */
  readonly partitions?: readonly string[] | undefined
}

/** The options of one find. */
export interface FindRequest {
  readonly select: readonly string[] | undefined
  readonly skip: number
  /** Infinity for all. */
  readonly limit: number
  readonly partitions: readonly string[] | undefined
}

const FIND_OPTIONS = ['filter', 'select', 'sort', 'skip', 'limit', 'partitions']

export function findRequest(options: FindOptions = {}): FindRequest {
  requireOptions(options, FIND_OPTIONS, 'of find')
  const { filter, select, sort, skip, limit, partitions } = options
  if (filter !== undefined) requireFilter(filter, 'find')
  if (sort !== undefined) {
    throw new UnsupportedError('sort of find: sorting comes in a later version', { details: { feature: 'sort' } })
  }
  return {
    select: select === undefined ? undefined : strings(select, 'select of find', 'paths of fields'),
    skip: skip === undefined ? 0 : requireCount(skip, 'skip of find'),
    limit: limit === undefined || (limit as number) === Infinity ? Infinity : requireCount(limit, 'limit of find'),
    partitions: partitions === undefined ? undefined : strings(partitions, 'partitions of find', 'names of partitions'),
  }
}

/** Throws unless this is the empty filter. */
export function requireFilter(filter: unknown, operation: string): void {
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter)) {
    throw new TypeMismatchError(`the filter of ${operation} is a plain object, got ${describe(filter)}`)
  }
  requireNoFilter(filter, operation)
}

function strings(value: unknown, what: string, noun: string): readonly string[] {
  if (!Array.isArray(value)) throw new TypeMismatchError(`${what} is an array of ${noun}, got ${describe(value)}`)
  for (const item of value) {
    if (typeof item !== 'string')
      throw new TypeMismatchError(`${what} is an array of ${noun}, got ${describe(item)} in it`)
    if (item === '') throw new UsageError(`${what} has an empty string in it; it is an array of ${noun}`)
  }
  return [...value] as string[]
}
