// Copies of arguments as they were when given, for calls that have to wait before they read them.

import { copyDocument, DEPTH_MAX, isObject } from './merge.ts'
import { isTreeFilter } from './read/filter.ts'

/**
 * A copy at every depth; cycles stay cycles in the copy. Anything that is not part of a document or of a native filter
 * is shared.
 */
export function copyGiven<T>(value: T): T {
  return copyValue(value, 0, new Map()) as T
}

function copyValue(value: unknown, depth: number, seen: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null || isTreeFilter(value) || depth > DEPTH_MAX) return value
  const isList = Array.isArray(value)
  if (!isList && !isObject(value)) return copyDocument(value)
  const known = seen.get(value)
  if (known !== undefined) return known
  const copy: object = isList ? new Array(value.length) : Object.create(Object.getPrototypeOf(value) as object | null)
  seen.set(value, copy)
  for (const [name, one] of Object.entries(value)) {
    const inner = copyValue(one, depth + 1, seen)
    Object.defineProperty(copy, name, { value: inner, writable: true, enumerable: true, configurable: true })
  }
  return copy
}
