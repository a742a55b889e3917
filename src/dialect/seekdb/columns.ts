// Arguments of add, upsert and update (one record or many, as ids and up to three columns) in one uniform shape.

import { SeekdbValueError } from './errors.ts'
import { readOptions } from './options.ts'
import type { Metadata } from './types.ts'
import { isList, readVector, readVectors } from './vector.ts'

/** An undefined entry was not given for its record; null empties the column. */
export interface Columns {
  readonly ids: readonly string[]
  readonly vectors: readonly (ArrayLike<number> | undefined)[] | undefined
  readonly documents: readonly (string | null | undefined)[] | undefined
  readonly metadatas: readonly (Metadata | null | undefined)[] | undefined
}

const ID_BYTES_MAX = 512
const utf8 = new TextEncoder()

/**
 * Reads the arguments of a write and copies them.
 *
 * @param keepsFalsy - whether null and `''` are values (add, upsert) or leave the column alone (update).
 * @param mayBeEmpty - whether a list of no ids is accepted: that changes nothing (update, upsert).
 * @throws SeekdbValueError naming what is wrong.
 */
export function readColumns(options: unknown, dimension: number, keepsFalsy: boolean, mayBeEmpty: boolean): Columns {
  const given = readOptions(options)
  const ids = readIds(given['ids'])
  if (ids.length === 0 && !(mayBeEmpty && Array.isArray(given['ids']))) {
    throw new SeekdbValueError('ids cannot be empty')
  }
  const documents = columnOf(given['documents'], 'documents', ids.length)
  const metadatas = columnOf(given['metadatas'], 'metadatas', ids.length)
  const embeddings = given['embeddings']
  const vectors = embeddings ? readEmbeddings(embeddings, dimension, ids.length, keepsFalsy) : undefined
  return {
    ids,
    vectors,
    documents: documents?.map((document) => readDocument(document, keepsFalsy)),
    metadatas: metadatas?.map((metadata) => readMetadata(metadata, keepsFalsy)),
  }
}

/** One id or several; empty where nothing was given. */
export function readIds(ids: unknown): string[] {
  if (ids === undefined || ids === null || ids === '') return []
  if (!Array.isArray(ids)) return [readId(ids)]
  const read = new Array<string>(ids.length)
  for (let i = 0; i < ids.length; i++) read[i] = readId(ids[i])
  return read
}

function readId(id: unknown): string {
  const text = typeof id === 'number' && Number.isFinite(id) ? String(id) : id
  if (typeof text !== 'string') {
    throw new SeekdbValueError(`An id must be a string, got ${text === null ? 'null' : typeof text}`)
  }
  if (text === '') throw new SeekdbValueError('An id must not be empty')
  if (text.length * 3 > ID_BYTES_MAX && utf8.encode(text).length > ID_BYTES_MAX) {
    throw new SeekdbValueError(`An id has at most ${ID_BYTES_MAX} bytes, got ${utf8.encode(text).length}`)
  }
  return text
}

function columnOf(value: unknown, name: string, count: number): unknown[] | undefined {
  if (!value) return undefined
  const column = Array.isArray(value) ? (value as unknown[]) : [value]
  requireLength(column.length, name, count)
  return column
}

function requireLength(length: number, name: string, count: number): void {
  if (length !== count) throw new SeekdbValueError(`Length mismatch: ${name} vs ids`)
}

function readDocument(document: unknown, keepsFalsy: boolean): string | null | undefined {
  if (document === undefined || (!keepsFalsy && !document)) return undefined
  if (document === null || typeof document === 'string') return document
  throw new SeekdbValueError(`A document must be a string, got ${Array.isArray(document) ? 'array' : typeof document}`)
}

function readMetadata(metadata: unknown, keepsFalsy: boolean): Metadata | null | undefined {
  if (metadata === undefined || (!keepsFalsy && !metadata)) return undefined
  if (metadata === null) return null
  if (typeof metadata !== 'object' || Array.isArray(metadata)) {
    throw new SeekdbValueError(
      `A metadata must be an object, got ${Array.isArray(metadata) ? 'array' : typeof metadata}`,
    )
  }
  const copy = plainCopy(metadata, 0)
  // A Date has become a string.
  if (typeof copy !== 'object' || copy === null) throw new SeekdbValueError('A metadata must be an object')
  return copy as Metadata
}

function readEmbeddings(
  embeddings: unknown,
  dimension: number,
  count: number,
  keepsFalsy: boolean,
): (Float32Array | undefined)[] {
  if (!isList(embeddings)) throw new SeekdbValueError('Vector must be an array')
  const first = embeddings[0]
  // An empty list is a vector without lanes, unless there are no ids either.
  const isOne = !isList(first) && (embeddings.length === 0 ? count > 0 : isScalar(first))
  const list = isOne ? [embeddings] : Array.from(embeddings)
  requireLength(list.length, 'embeddings', count)
  if (list.some((vector) => vector === undefined || (!keepsFalsy && !vector))) {
    return list.map((vector, index) =>
      vector === undefined || (!keepsFalsy && !vector) ? undefined : readVector(vector, dimension, index),
    )
  }
  return readVectors(list, dimension)
}

function isScalar(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'string'
}

/** Whether a quick check shows that `id` is valid. */
export function isShortId(id: unknown): id is string {
  return typeof id === 'string' && id !== '' && id.length * 3 <= ID_BYTES_MAX
}

const DEPTH_MAX = 100

/** Whether a quick check shows that JSON would leave the metadata unchanged. */
export function isPlain(metadata: unknown): metadata is Metadata {
  return typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata) && isPlainObject(metadata, 0)
}

function isPlainObject(value: object, depth: number): boolean {
  const prototype = Object.getPrototypeOf(value) as unknown
  if (prototype !== Object.prototype && prototype !== null) return false
  // This also visits inherited properties, which can only make the check stricter.
  for (const name in value) if (!isPlainValue((value as Record<string, unknown>)[name], depth)) return false
  return true
}

function isPlainValue(value: unknown, depth: number): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true
  if (typeof value === 'number') return value - value === 0
  if (typeof value !== 'object' || depth >= DEPTH_MAX) return false
  if (!Array.isArray(value)) return isPlainObject(value, depth + 1)
  for (let i = 0; i < value.length; i++) if (!isPlainValue(value[i], depth + 1)) return false
  return true
}

/** What JSON would make of a value: a copy that shares nothing with the caller's. */
function plainCopy(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return plainScalar(value)
  if (depth > DEPTH_MAX) throw new SeekdbValueError(`A metadata is nested deeper than ${DEPTH_MAX} levels`)
  if (Array.isArray(value)) {
    return Array.from(value as unknown[], (item) => plainCopy(item, depth + 1) ?? null)
  }
  const { toJSON } = value as { toJSON?: unknown }
  if (typeof toJSON === 'function') return plainCopy(toJSON.call(value), depth + 1)
  const copy: Record<string, unknown> = {}
  for (const name of Object.keys(value)) {
    const field = plainCopy((value as Record<string, unknown>)[name], depth + 1)
    if (field === undefined) continue
    if (name === '__proto__') {
      Object.defineProperty(copy, name, { value: field, enumerable: true, configurable: true, writable: true })
    } else copy[name] = field
  }
  return copy
}

function plainScalar(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'bigint') throw new SeekdbValueError('A metadata cannot hold a bigint')
  return typeof value === 'function' || typeof value === 'symbol' ? undefined : value
}
