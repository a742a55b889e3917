// Deep merge and deep copy of documents.
//
// Field names are data, `__proto__` and `constructor` too: fields are read only where they are the object's own and written so that
// they never reach a prototype.

import { type Document, isDate } from '../value/index.ts'

/** As deep as a document may nest. Below it a copy shares what it copies: storing it is refused in any case. */
export const DEPTH_MAX = 200

/** Whether this value is an object of fields, as the core sees it: its fields are merged one by one, all else is replaced as a whole. */
export function isObject(value: unknown): value is Document {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.prototype.toString.call(value) === '[object Object]' && typeof (value as Document).then !== 'function'
}

/**
 * Merges `patch` into `target`, a document that nobody else holds: objects field by field at every depth, all other values replaced,
 * fields that are `undefined` in the patch left as they are. The result may share values with the patch.
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

/** Sets a field of that name, whatever the name. */
export function setField(target: Document, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true })
  } else {
    target[name] = value
  }
}

/** The document's field of that name, undefined where it has none of its own. */
export function ownField(document: object, name: string): unknown {
  return Object.hasOwn(document, name) ? (document as Document)[name] : undefined
}

/** The document, with a key that was read; where a getter answers another one now, a copy that has it for good. */
export function settled(document: unknown, primaryKey: string, key: unknown): unknown {
  return (document as Document)[primaryKey] === key ? document : withKey(document, primaryKey, key)
}

/** The document with a primary key; what is no document stays what it is, and is refused later. */
export function withKey(document: unknown, primaryKey: string, key: unknown): unknown {
  return isObject(document) ? { ...(document as Document), [primaryKey]: key } : document
}

/** A copy that shares nothing with a document as it can be stored; values that cannot be stored are taken over as they are. */
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
  const slice = (view as unknown as { slice?: () => unknown }).slice
  // A DataView has none; and slice() of a Buffer would share its memory.
  if (slice === undefined) return view
  return Uint8Array.prototype.slice === slice || !(view instanceof Uint8Array)
    ? slice.call(view)
    : Uint8Array.prototype.slice.call(view)
}
