// Why a document cannot be stored: the staging walk only knows that it cannot; this one finds the field and names it.

import { LimitError, type QuiverError, ShapeError, TypeMismatchError, UsageError } from '../../error/index.ts'
import { isDate } from './realm.ts'
import type { CollectionShapes, VectorField } from './shapes.ts'
import { arrayTypeOf } from './types.ts'
import { isBitMetric, isLane, laneRule } from './vector.ts'

/** Maximum nesting of objects and arrays. */
export const DEPTH_MAX = 200

const STORABLE_TAG = '[object Object]'

/** Instances of a class are stored by their own enumerable fields; built-in objects are not. */
export function isStorable(value: object): boolean {
  return (
    Object.prototype.toString.call(value) === STORABLE_TAG && typeof (value as PromiseLike<unknown>).then !== 'function'
  )
}

/** Whether this is an object as made by a literal or JSON, the usual case. */
export function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value) as unknown
  if (prototype !== Object.prototype && prototype !== null) return false
  return Object.prototype.toString.call(value) === STORABLE_TAG
}

const EMPTY = {}

/** `for-in` also enumerates fields that somebody added to Object.prototype. */
export function isObjectPolluted(): boolean {
  for (const _ in EMPTY) return true
  return false
}

const SURROGATE = /\p{Surrogate}/u

/** Whether a string has no lone surrogates, and so can be encoded as UTF-8. */
export function isWellFormed(text: string): boolean {
  const native = (text as { isWellFormed?: () => boolean }).isWellFormed
  return native !== undefined ? native.call(text) : !SURROGATE.test(text)
}

function nameOf(path: readonly (string | number)[]): string {
  let text = ''
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : text === '' ? step : `.${step}`
  return path.length === 0 ? 'the document' : `field "${text}"`
}

export const WELL_FORMED = 'strings must be well-formed (toWellFormed() replaces lone surrogates)'

/** The error for the first thing in `document` that cannot be stored. */
export function refusalOf(document: unknown, shapes: CollectionShapes, canGenerate: boolean): QuiverError {
  if (
    typeof document !== 'object' ||
    document === null ||
    Array.isArray(document) ||
    ArrayBuffer.isView(document) ||
    !isStorable(document)
  ) {
    return new TypeMismatchError(`a document must be a plain object, got ${describe(document)}`)
  }
  const root = document as Record<string, unknown>
  const key = Object.hasOwn(root, shapes.primaryKey) ? root[shapes.primaryKey] : undefined
  if ((key === undefined || key === null) && !canGenerate) {
    return new UsageError(
      `the document has no primary key: field "${shapes.primaryKey}" is ${key === null ? 'null' : 'missing'}`,
      {
        details: { field: shapes.primaryKey },
      },
    )
  }
  const search: Search = { path: [], above: new Set([root]), valuesLeft: VALUES_MAX }
  for (const name of Object.keys(root)) {
    search.path[0] = name
    const vector = shapes.vectorOf(name)
    const value = root[name]
    const found = vector !== undefined && value !== undefined ? vectorRefusal(value, vector) : find(value, search)
    if (found !== undefined) return found
    if (!isWellFormed(name)) return illFormedName([name])
  }
  const refused = key === undefined || key === null ? undefined : keyRefusal(key, shapes.primaryKey)
  if (refused !== undefined) return refused
  return new LimitError('the document is larger than 16 MiB', { details: { limit: 16_777_216 } })
}

function illFormedName(path: readonly (string | number)[]): QuiverError {
  return new TypeMismatchError(`the name of ${nameOf(path)} has a lone surrogate: ${WELL_FORMED}`, {
    details: { field: fieldOf(path) },
  })
}

function fieldOf(path: readonly (string | number)[]): string {
  return path.join('.')
}

function className(value: object): string {
  const made = (value as { constructor?: unknown }).constructor
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  if (tag !== 'Object') return tag
  if (typeof (value as PromiseLike<unknown>).then === 'function') return 'thenable'
  return typeof made === 'function' && made.name !== '' ? made.name : 'object'
}

/** For messages: describes an object of the wrong kind. */
export function kindOf(value: object): string {
  if (Array.isArray(value)) return 'an array'
  const name = className(value)
  return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'object') return kindOf(value)
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'string') return 'a string'
  return `${typeof value === 'undefined' ? '' : `the ${typeof value} `}${String(value)}`
}

function keyRefusal(key: unknown, name: string): QuiverError | undefined {
  const isKey = (value: unknown): boolean => {
    if (Array.isArray(value)) return value.every(isKey)
    if (typeof value === 'object') return isDate(value) || (ArrayBuffer.isView(value) && arrayTypeOf(value) === 0)
    return true
  }
  if (isKey(key)) return undefined
  return new TypeMismatchError(
    `primary key "${name}" is ${describe(key)}; a key is a string, number, bigint, boolean, Date, Uint8Array, or an array of those`,
    { details: { field: name } },
  )
}

function vectorRefusal(value: unknown, vector: VectorField): QuiverError | undefined {
  if (value === null) return undefined
  const isBits = isBitMetric(vector.metric)
  const lanes = isBits ? vector.dimension >>> 3 : vector.dimension
  const details = { field: vector.name, dimension: vector.dimension }
  if (!Array.isArray(value) && !(ArrayBuffer.isView(value) && arrayTypeOf(value) >= 0)) {
    return new TypeMismatchError(
      `vector field "${vector.name}" is ${describe(value)}; it takes a number[] or a typed array`,
      { details },
    )
  }
  const given = value as ArrayLike<unknown>
  if (given.length !== lanes) {
    const unit = isBits ? 'bytes' : 'lanes'
    return new ShapeError(`vector field "${vector.name}" has ${given.length} ${unit}, it needs ${lanes}`, { details })
  }
  for (let i = 0; i < given.length; i++) {
    const lane = given[i]
    if (!isLane(lane, vector)) {
      const shown = typeof lane === 'string' ? describe(lane) : String(lane)
      return new TypeMismatchError(`vector field "${vector.name}" has ${shown} at lane ${i}; ${laneRule(vector)}`, {
        details,
      })
    }
  }
  return undefined
}

/**
 * The state of a walk through a document: its path, the enclosing containers, and how many values it may still visit.
 */
interface Search {
  readonly path: (string | number)[]
  readonly above: Set<unknown>
  valuesLeft: number
}

/**
 * Each value takes at least four bytes: a document with more values is too large, and one that shares its branches may
 * never end.
 */
const VALUES_MAX = 4_194_304

/** The first refusal in `value`, which is at the path of the search. */
function find(value: unknown, search: Search): QuiverError | undefined {
  if (search.valuesLeft-- <= 0) return undefined
  switch (typeof value) {
    case 'string':
      if (value.length > 0xffffff) return tooLarge(search)
      return isWellFormed(value) ? undefined : refused(search, `has a lone surrogate: ${WELL_FORMED}`)
    case 'number':
      return Number.isFinite(value) ? undefined : refused(search, `is ${value}; numbers must be finite`)
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) return undefined
      return refused(search, `is ${value}n; a bigint must fit in 64 bits, signed`)
    case 'undefined':
      if (typeof search.path.at(-1) !== 'number') return undefined
      return refused(search, 'is undefined; array elements cannot be left out (null can be stored)')
    case 'boolean':
      return undefined
    case 'object':
      return value === null ? undefined : findInObject(value, search)
    default:
      return refused(search, `is a ${typeof value}, which cannot be stored`)
  }
}

function refused({ path }: Search, why: string): QuiverError {
  return new TypeMismatchError(`${nameOf(path)} ${why}`, { details: { field: fieldOf(path) } })
}

function tooLarge({ path }: Search): QuiverError {
  return new LimitError(`${nameOf(path)} is larger than a document may be (16 MiB)`, {
    details: { field: fieldOf(path), limit: 16_777_216 },
  })
}

function findInObject(value: object, search: Search): QuiverError | undefined {
  const { path, above } = search
  if (above.has(value)) return refused(search, 'refers back to an object it is in: cycles cannot be stored')
  if (isDate(value)) {
    return Number.isNaN(value.getTime()) ? refused(search, 'is an invalid Date') : undefined
  }
  if (ArrayBuffer.isView(value)) {
    if (arrayTypeOf(value) < 0) return refused(search, `is ${describe(value)}, which cannot be stored`)
    return value.byteLength > 0xffffff ? tooLarge(search) : undefined
  }
  if (!Array.isArray(value) && !isStorable(value)) {
    return refused(search, `is ${describe(value)}, which cannot be stored`)
  }
  if (path.length > DEPTH_MAX) {
    const top = path.slice(0, 3)
    return new LimitError(`${nameOf(top)} is nested deeper than ${DEPTH_MAX} levels`, {
      details: { field: fieldOf(top), limit: DEPTH_MAX },
    })
  }
  above.add(value)
  const steps = Array.isArray(value) ? value.keys() : Object.keys(value)
  for (const step of steps) {
    path.push(step)
    const found = find((value as Record<string | number, unknown>)[step], search)
    if (found !== undefined) return found
    if (typeof step === 'string' && !isWellFormed(step)) return illFormedName(path)
    path.pop()
    if (search.valuesLeft <= 0) break
  }
  above.delete(value)
  return undefined
}
