// The options of createIndex, checked and completed.

import { LimitError, TypeMismatchError, UsageError, unknownOption } from '../error/index.ts'
import type { IndexDefinition } from './definition.ts'
import { requireName } from './name.ts'

/** What an ordered index covers. */
export interface IndexOptions {
  readonly type?: 'ordered' | undefined
  /** Dotted paths of fields, 1 to 16; default: the field that the index is named after. */
  readonly fields?: readonly string[] | undefined
  /**
   * No two documents may have the same values; a document that lacks one of the fields never collides. Default `false`.
   */
  readonly unique?: boolean | undefined
  /** An array at the first path gets one entry per element, for `$contains`. Default `false`. */
  readonly multi?: boolean | undefined
}

const OPTIONS = ['type', 'fields', 'unique', 'multi']
const FIELDS_MAX = 16
const STEPS_MAX = 32
const PATH_LENGTH_MAX = 1_000

export function indexShape(name: unknown, options: unknown = {}): Omit<IndexDefinition, 'id'> {
  requireName(name, 'index')
  const where = `of index ${JSON.stringify(name)}`
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const got = options === null ? 'null' : Array.isArray(options) ? 'an array' : typeof options
    throw new TypeMismatchError(`the options ${where} are an object, got ${got}`)
  }
  for (const option of Object.keys(options)) if (!OPTIONS.includes(option)) throw unknownOption(option, OPTIONS, where)
  const { type = 'ordered', fields = [name], unique = false, multi = false } = options as IndexOptions
  if (type !== 'ordered') {
    const got =
      typeof type === 'string' ? JSON.stringify(type) : type === null ? 'null' : `a value of type ${typeof type}`
    throw new UsageError(`type ${where} is "ordered", "text" or "sparse", got ${got}`)
  }
  return {
    name,
    fields: indexPaths(fields, where),
    unique: flag(unique, `unique ${where}`),
    multi: flag(multi, `multi ${where}`),
  }
}

/** Checks the paths of an index. */
export function indexPaths(fields: unknown, where: string): string[] {
  if (!Array.isArray(fields)) throw new TypeMismatchError(`fields ${where} is an array of paths, got ${typeof fields}`)
  if (fields.length === 0 || fields.length > FIELDS_MAX) {
    throw new UsageError(`fields ${where} has 1 to ${FIELDS_MAX} paths, got ${fields.length}`)
  }
  const paths = Array.from(fields, (path: unknown) => requirePath(path, where))
  const twice = paths.find((path, i) => paths.indexOf(path) < i)
  if (twice !== undefined) throw new UsageError(`fields ${where} has "${twice}" twice`)
  return paths
}

function requirePath(path: unknown, where: string): string {
  if (typeof path !== 'string') throw new TypeMismatchError(`fields ${where} are paths of fields, got ${typeof path}`)
  if (path === '') throw new UsageError(`fields ${where} has an empty path`)
  const steps = path.split('.').length
  if (path.length > PATH_LENGTH_MAX || steps > STEPS_MAX) {
    throw new LimitError(
      `a path ${where} has ${steps} steps and ${path.length} characters; ${STEPS_MAX} and ${PATH_LENGTH_MAX} are the most`,
      { details: { limit: STEPS_MAX, got: steps } },
    )
  }
  if (/\p{Cs}/u.test(path)) throw new UsageError(`a path ${where} has a lone surrogate; no field is called so`)
  return path
}

function flag(value: unknown, what: string): boolean {
  if (typeof value === 'boolean') return value
  throw new UsageError(`${what} is true or false, got ${value === null ? 'null' : typeof value}`)
}
