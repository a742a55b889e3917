// Deep merge and deep copy of documents.
//
// Field names are data, including `__proto__` and `constructor`: only own fields are read, and writes never reach a
// prototype.

import { type Document, isDate } from '../value/index.ts'

/**
 * The nesting limit of documents. Below it a copy shares values with the original, which cannot be stored in any case.
 */
export const DEPTH_MAX = 200

/**
 * Whether the core treats this value as an object with fields: these are merged one by one, anything else is replaced
 * as a whole.
 */
export function isObject(value: unknown): value is Document {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.prototype.toString.call(value) === '[object Object]' && typeof (value as Document).then !== 'function'
}

/**
 * Merges `patch` into `target`, which nobody else holds: objects are merged field by field at every depth, other values
 * are replaced, and fields that are `undefined` in the patch stay as they are. The result may share values with the
 * patch.
 */
export function mergeInto(target: Document, patch: object): void {
  const source = patch as Document
  for (const name of Object.keys(source)) {
    const value = source[name]
    if (value === undefined) continue
    const old = Object.hasOwn(target, name) ? target[name] : undefined
    if (isObject(value) && isObject(old)) mergeInto(old, value)
    else setField(target, name, value)
  }
}

/** Sets a field, whatever its name. */
export function setField(target: Document, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true })
  } else {
    target[name] = value
  }
}

/** The document's own field of this name, or undefined. */
export function ownField(document: object, name: string): unknown {
  return Object.hasOwn(document, name) ? (document as Document)[name] : undefined
}

/**
 * The document with this primary key: itself, if it has the key as a value, and not from a getter, which may give
 * another one next time. A value that is not a document is returned unchanged and refused later.
 */
export function withKey(document: unknown, primaryKey: string, key: unknown): unknown {
  return isObject(document) && Object.getOwnPropertyDescriptor(document, primaryKey)?.value !== key
    ? { ...document, [primaryKey]: key }
    : document
}

/** A deep copy of a storable document; values that cannot be stored are shared, and what is no document is returned. */
export function copyDocument<T extends object>(document: T): T {
  return copyValue(document, 0) as T
}

function copyValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > DEPTH_MAX) return value
  if (Array.isArray(value)) return value.map((element) => copyValue(element, depth + 1))
  if (ArrayBuffer.isView(value)) return copyView(value)
  if (!isObject(value)) return isDate(value) ? new Date(value.getTime()) : value
  const copy: Document = {}
  for (const name of Object.keys(value)) setField(copy, name, copyValue(value[name], depth + 1))
  return copy
}

function copyView(view: ArrayBufferView): unknown {
  // A DataView has none, and that of a Buffer, of any realm, would share its memory.
  return 'slice' in view ? Uint8Array.prototype.slice.call(view) : view
}
