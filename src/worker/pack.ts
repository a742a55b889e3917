// Arguments, results and errors in a clonable form.

import { treeFilter, treeOf } from '../engine/index.ts'
import { reviveError } from '../error/index.ts'
import type { Hole, Packed, WireError } from './protocol.ts'

type Path = readonly (string | number)[]

/**
 * Packs arguments, replacing what cloning would refuse or damage where the engine accepts it: the caller's functions,
 * signals, and filters that are trees.
 *
 * @param callback - where a function is called as a callback: `[1]`, `[1, 'conflict']`.
 */
export function packArguments(args: readonly unknown[], callback: Path | undefined): Packed {
  const holes: Hole[] = []
  const value = args.map((arg, i) => {
    const whole = special(arg, [i], callback)
    if (whole !== undefined) {
      holes.push(whole)
      return undefined
    }
    if (!isPlain(arg)) return arg
    const inner = Object.entries(arg).map(([name, one]) => special(one, [i, name], callback))
    const found = inner.filter((hole) => hole !== undefined)
    if (found.length === 0) return arg
    holes.push(...found)
    const copy = { ...arg } as Record<string, unknown>
    for (const [path] of found) copy[path[1] as string] = undefined
    return copy
  })
  return { value, holes }
}

function special(value: unknown, path: Path, callback: Path | undefined): Hole | undefined {
  if (typeof value === 'function') {
    return callback !== undefined && callback.join() === path.join() ? [path, 'callback'] : undefined
  }
  if (typeof AbortSignal === 'function' && value instanceof AbortSignal) return [path, 'signal']
  const tree = treeOf(value)
  return tree === undefined ? undefined : [path, 'tree', tree]
}

/** The same, leaving out everything else that cloning refuses: the engine will refuse it, and report where it was. */
export function packWhole({ value, holes }: Packed): Packed {
  const found: Hole[] = [...holes]
  const seen = new Map<object, unknown>()
  const copyOf = (one: unknown, path: Path): unknown => {
    if (typeof one === 'function' || typeof one === 'symbol') {
      found.push([path, typeof one as 'function' | 'symbol'])
      return undefined
    }
    const isList = Array.isArray(one)
    if (typeof one !== 'object' || one === null) return one
    if (!isList && !isPlain(one)) {
      if (canClone(one)) return one
      const tag = Object.prototype.toString.call(one).slice(8, -1)
      // The fields of a class instance are copied, as cloning does.
      if (tag !== 'Object') {
        found.push(tag === 'Promise' ? [path, 'promise'] : [path, 'foreign', tag])
        return undefined
      }
    }
    const known = seen.get(one)
    if (known !== undefined) return known
    const copy: Record<string | number, unknown> = isList ? ([] as unknown as Record<number, unknown>) : {}
    seen.set(one, copy)
    for (const name of Object.keys(one)) {
      const at = isList ? Number(name) : name
      const inner = copyOf((one as Record<string | number, unknown>)[at], [...path, at])
      Object.defineProperty(copy, at, { value: inner, enumerable: true, configurable: true, writable: true })
    }
    return copy
  }
  return { value: copyOf(value, []), holes: found }
}

function canClone(value: object): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}

/** Packs the result of a caller's function. */
export function packAnswer(value: unknown): Packed {
  if (typeof (value as { then?: unknown } | null)?.then === 'function') return { value: null, holes: [[[], 'promise']] }
  return packWhole({ value, holes: [] })
}

/** Fills the holes again. */
export function unpack({ value, holes }: Packed, callback?: unknown, signal?: AbortSignal): unknown {
  const root = { value }
  for (const [path, kind, given] of holes) {
    let holder = root as Record<string | number, unknown>
    let name: string | number = 'value'
    for (const step of path) {
      holder = holder[name] as Record<string | number, unknown>
      name = step
    }
    const filled = fill(kind, given, callback, signal)
    Object.defineProperty(holder, name, { value: filled, enumerable: true, configurable: true, writable: true })
  }
  return root.value
}

function fill(kind: Hole[1], given: unknown, callback: unknown, signal: AbortSignal | undefined): unknown {
  switch (kind) {
    case 'callback':
      return callback
    case 'signal':
      return signal
    case 'symbol':
      return Symbol('symbol')
    case 'promise':
      return Promise.resolve()
    case 'foreign':
      return Object.create({ [Symbol.toStringTag]: given }) as object
    case 'tree': {
      const { tree, options } = given as NonNullable<ReturnType<typeof treeOf>>
      return treeFilter(tree, options)
    }
    default:
      return () => {}
  }
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value) as unknown
  return prototype === Object.prototype || prototype === null
}

/** Buffers of fresh typed arrays in documents and hits, which are transferred instead of copied. */
export function transferables(value: unknown): ArrayBuffer[] {
  const buffers: ArrayBuffer[] = []
  const look = (one: unknown, depth: number): void => {
    if (ArrayBuffer.isView(one)) {
      if (one.buffer instanceof ArrayBuffer && one.byteLength === one.buffer.byteLength) buffers.push(one.buffer)
    } else if (depth > 0 && Array.isArray(one)) {
      for (const element of one) if (typeof element === 'object') look(element, depth - 1)
    } else if (depth > 0 && isPlain(one)) {
      for (const name in one) {
        const inner = (one as Record<string, unknown>)[name]
        if (typeof inner === 'object' && inner !== null) look(inner, depth - 1)
      }
    }
  }
  look(value, 4)
  return [...new Set(buffers)]
}

export function packError(error: unknown): WireError {
  const { name, message, code, details, cause } = (error ?? {}) as {
    name?: unknown
    message?: unknown
    code?: unknown
    details?: unknown
    cause?: { message?: unknown }
  }
  const wire = {
    name: String(name ?? 'Error'),
    message: String(message ?? error),
    ...(typeof code === 'string' ? { code } : {}),
    ...(cause === undefined ? {} : { cause: String(cause?.message ?? cause) }),
  }
  try {
    return details === undefined ? wire : { ...wire, details: structuredClone(details) }
  } catch {
    return wire
  }
}

export function unpackError({ name, message, code, details, cause }: WireError): Error {
  const revived = reviveError(code, message, (details ?? {}) as Record<string, unknown>, cause)
  if (revived !== undefined) return revived
  const error = name === 'RangeError' ? new RangeError(message) : new Error(message)
  error.name = name
  return error
}

/** Whether two cloned values are equal. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (a instanceof Date) return a.getTime() === (b as Date).getTime()
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every((name) => {
    const [left, right] = [a, b] as Record<string, unknown>[]
    return Object.hasOwn(right!, name) && isSame(left![name], right![name])
  })
}
