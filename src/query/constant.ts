// Values in a filter: checked and copied once, so that later changes by the caller do not affect the filter.

import { LimitError, TypeMismatchError } from '../error/index.ts'
import { isDate, isRegExp } from '../value/index.ts'
import { elementTypeOf } from './binary.ts'
import type { Constant } from './tree.ts'

/** The nesting limit of documents. */
const DEPTH_MAX = 200
/** Maximum number of values in one filter; also ends the walk of structures that contain themselves many times. */
export const VALUES_MAX = 4_000_000
const SLICE = (Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array).slice
const SURROGATE = /\p{Surrogate}/u

export function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  switch (typeof value) {
    case 'object':
      return `a ${value.constructor?.name ?? 'plain object'}`.replace('a Object', 'a plain object')
    case 'string':
      return value.length <= 40 ? JSON.stringify(value) : 'a string'
    case 'bigint':
      return `${value}n`
    case 'function':
      return 'a function'
    default:
      return String(value)
  }
}

/** Whether the value is an object with fields: plain, without prototype, or a class instance; not a built-in kind. */
export function isFields(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) return false
  return (
    Object.prototype.toString.call(value) === '[object Object]' &&
    typeof (value as { then?: unknown }).then !== 'function'
  )
}

function isWellFormed(text: string): boolean {
  const native = (text as { isWellFormed?: () => boolean }).isWellFormed
  return native !== undefined ? native.call(text) : !SURROGATE.test(text)
}

/** Copies the values of one filter, and counts them. */
export class ConstantReader {
  private values = 0

  /**
   * A copy of `value`, which is at `path`.
   *
   * @throws TypeMismatchError for a value that no document can hold, LimitError for too many values.
   */
  read(value: unknown, path: string, depth = 0): Constant {
    if (++this.values > VALUES_MAX) {
      throw new LimitError(`${path}: a filter holds at most ${VALUES_MAX} values`, {
        details: { path, limit: VALUES_MAX },
      })
    }
    switch (typeof value) {
      case 'boolean':
        return value
      case 'string':
        return this.text(value, path)
      case 'number':
        if (Number.isFinite(value)) return value
        throw refusal(path, value, 'numbers must be finite')
      case 'bigint':
        if (BigInt.asIntN(64, value) === value) return value
        throw refusal(path, value, 'a bigint must fit in 64 bits, signed')
      case 'object':
        return value === null ? null : this.object(value, path, depth)
      default:
        throw refusal(path, value, 'no document can hold that')
    }
  }

  /** Copies of the elements. */
  list(values: readonly unknown[], path: string, depth = 0): Constant[] {
    return Array.from(values, (element, index) => {
      // Avoids building the paths of a million elements for nothing.
      if (!isPlain(element)) return this.read(element, `${path}[${index}]`, depth + 1)
      this.values++
      return element
    })
  }

  text(value: string, path: string): string {
    if (isWellFormed(value)) return value
    const why = 'strings must be well-formed (toWellFormed() replaces lone surrogates)'
    throw new TypeMismatchError(`${path} has a lone surrogate: ${why}`, { details: { path } })
  }

  private object(value: object, path: string, depth: number): Constant {
    if (value instanceof Date) return this.date(value, path)
    if (ArrayBuffer.isView(value)) {
      if (elementTypeOf(value) < 0) throw refusal(path, value, 'no document can hold that')
      // The method of a Buffer would share the bytes.
      return SLICE.call(value as Uint8Array)
    }
    if (depth >= DEPTH_MAX) {
      throw new LimitError(`${path.slice(0, 100)} is nested deeper than ${DEPTH_MAX} levels`, {
        details: { limit: DEPTH_MAX },
      })
    }
    if (Array.isArray(value)) {
      return this.list(value, path, depth)
    }
    if (!isFields(value)) {
      if (isDate(value)) return this.date(value, path)
      throw refusal(path, value, isRegExp(value) ? 'a pattern is given with $regex' : 'no document can hold that')
    }
    const copy: Record<string, Constant> = Object.create(null) as Record<string, Constant>
    for (const name of Object.keys(value)) {
      const field = value[name]
      if (field === undefined) continue
      copy[this.text(name, path)] = this.read(field, joined(path, name), depth + 1)
    }
    return copy
  }

  private date(value: Date, path: string): Date {
    const time = value.getTime()
    if (Number.isNaN(time)) throw new TypeMismatchError(`${path} is an invalid Date`, { details: { path } })
    return new Date(time)
  }
}

function isPlain(value: unknown): value is string | number {
  return (typeof value === 'string' && isWellFormed(value)) || (typeof value === 'number' && Number.isFinite(value))
}

function refusal(path: string, value: unknown, why: string): TypeMismatchError {
  return new TypeMismatchError(`${path} is ${describe(value)}: ${why}`, { details: { path } })
}

/** `path` extended by a name. */
export function joined(path: string, name: string): string {
  return /^[\w$]+(\.[\w$]+)*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name.slice(0, 100))}]`
}
