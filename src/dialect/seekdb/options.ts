// The options of calls: objects, spelled as in the driver or as in its Python sister.

import { SeekdbValueError } from './errors.ts'

export type Options = Readonly<Record<string, unknown>>

/** Python's names and the driver's. */
const PYTHON: Readonly<Record<string, string>> = {
  query_embeddings: 'queryEmbeddings',
  query_texts: 'queryTexts',
  query_key: 'queryKey',
  n_results: 'nResults',
  where_document: 'whereDocument',
  embedding_function: 'embeddingFunction',
  with_embedding_function: 'withEmbeddingFunction',
  fulltext_config: 'fulltextConfig',
  rank_window_size: 'rankWindowSize',
  rank_constant: 'rankConstant',
}

/**
 * The options of a call, an empty object if there are none. A Python spelling counts only where the driver's is
 * missing.
 *
 * @throws SeekdbValueError for anything but an object.
 */
export function readOptions(options: unknown, what = 'The options of a call'): Options {
  if (options === undefined || options === null) return {}
  if (typeof options !== 'object' || Array.isArray(options)) throw new SeekdbValueError(`${what} must be an object`)
  const given = options as Options
  let renamed: Record<string, unknown> | undefined
  for (const name of Object.keys(given)) {
    const known = Object.hasOwn(PYTHON, name) ? PYTHON[name]! : undefined
    if (known === undefined || given[known] !== undefined) continue
    renamed ??= { ...given }
    renamed[known] = given[name]
  }
  return renamed ?? given
}

/** @throws SeekdbValueError unless `value` is a whole number from 0. */
export function readCount(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value
  throw new SeekdbValueError(`${name} must be a non-negative integer`)
}

/** Null counts as not given. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}

/** Adds Python's spelling of each method name: `get_collection` beside `getCollection`. */
export function withSnakeCase(methods: object): void {
  for (const name of Object.getOwnPropertyNames(methods)) {
    const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    if (snake === name) continue
    const value = (methods as Record<string, unknown>)[name]
    Object.defineProperty(methods, snake, { value, configurable: true, writable: true })
  }
}
