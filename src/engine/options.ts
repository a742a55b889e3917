// Options of the calls, checked once on entry. A misspelt or misplaced option is refused, never ignored.

import { performance } from '../core/index.ts'
import { NotFoundError, TypeMismatchError, UsageError, unknownOption } from '../error/index.ts'
import type { Document, Key } from '../value/index.ts'
import type { CollectionState } from './state.ts'

/** When a write is acknowledged: once flushed to stable storage, or once handed to the operating system. */
export type Durability = 'hard' | 'soft'

/** Decides what to store when the key of a document is taken; `null` deletes. Receives copies; must not be async. */
export type ConflictFunction<T extends object = Document> = (key: Key, oldValue: T, newValue: T) => T | null

/** What to do with a document whose key is taken. */
export type Conflict<T extends object = Document> = 'error' | 'replace' | 'update' | ConflictFunction<T>

/** Options of every write. */
export interface WriteOptions {
  /** Default: the durability of the database. */
  readonly durability?: Durability | undefined
  /** `true` lists what changed; `'always'` lists every document, in input order. Default `false`. */
  readonly returnChanges?: boolean | 'always' | undefined
  /** If one document is refused, all are. Default `false`. */
  readonly atomic?: boolean | undefined
  /** The partition that documents go to; for `delete`, the only one searched. */
  readonly partition?: string | undefined
  /** Milliseconds, above 0. */
  readonly timeout?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Options of `insert`. */
export interface InsertOptions<T extends object = Document> extends WriteOptions {
  /** Default `'error'`. */
  readonly conflict?: Conflict<T> | undefined
}

export const ConflictRule = { Error: 0, Replace: 1, Update: 2, Function: 3 } as const
export type ConflictRule = (typeof ConflictRule)[keyof typeof ConflictRule]

export const ReturnChanges = { No: 0, Changed: 1, Always: 2 } as const
export type ReturnChanges = (typeof ReturnChanges)[keyof typeof ReturnChanges]

/** The options of one write, checked. */
export class WriteRequest {
  isHard: boolean
  conflict: ConflictRule = ConflictRule.Error
  conflictFunction: ConflictFunction | undefined = undefined
  changes: ReturnChanges = ReturnChanges.No
  isAtomic = false
  /** A document that cannot be stored fails the call, and nothing is written; taken keys are counted as usual. */
  isStrict = false
  /** Index of the named partition in the collection, or -1; a call that waits looks the name up again. */
  group = -1
  partition: string | undefined = undefined
  /** On the clock of performance.now(); Infinity without a timeout. */
  deadline = Infinity
  timeoutMs = 0
  signal: AbortSignal | undefined = undefined
  /** What a TimeoutError says about the outcome of the write. */
  outcome = 'nothing was written'

  constructor(isHard: boolean) {
    this.isHard = isHard
  }
}

const WRITE_OPTIONS = ['durability', 'returnChanges', 'atomic', 'partition', 'timeout', 'signal']
const INSERT_OPTIONS = ['conflict', ...WRITE_OPTIONS]
const KNOWN = {
  insert: INSERT_OPTIONS,
  upsert: WRITE_OPTIONS,
  update: WRITE_OPTIONS,
  replace: WRITE_OPTIONS,
  delete: WRITE_OPTIONS,
}

/** Checks the options of a write; throws UsageError, UnknownOptionError or NotFoundError. */
export function writeRequest(
  state: CollectionState,
  operation: keyof typeof KNOWN,
  options: InsertOptions | undefined,
): WriteRequest {
  const request = new WriteRequest(state.isHard)
  if (operation === 'upsert') request.conflict = ConflictRule.Replace
  if (options === undefined) return request
  const where = `of ${operation}`
  requireOptions(options, KNOWN[operation], where)
  const { conflict, durability, returnChanges, atomic, partition, timeout, signal } = options
  if (conflict !== undefined) setConflict(request, conflict)
  if (durability !== undefined) request.isHard = requireDurability(durability, where) === 'hard' && state.isOnDisk
  if (returnChanges !== undefined) {
    if (returnChanges === 'always') request.changes = ReturnChanges.Always
    else if (requireBoolean(returnChanges, `returnChanges ${where}`, ' or "always"'))
      request.changes = ReturnChanges.Changed
  }
  if (atomic !== undefined) request.isAtomic = requireBoolean(atomic, `atomic ${where}`)
  if (partition !== undefined) {
    request.group = state.groupIndex(partition)
    request.partition = partition
  }
  if (timeout !== undefined) {
    request.timeoutMs = requireTimeout(timeout, where)
    request.deadline = (state.line.began ?? performance.now()) + timeout
  }
  if (signal !== undefined) request.signal = requireSignal(signal, where)
  return request
}

function setConflict(request: WriteRequest, conflict: Conflict): void {
  if (conflict === 'error') request.conflict = ConflictRule.Error
  else if (conflict === 'replace') request.conflict = ConflictRule.Replace
  else if (conflict === 'update') request.conflict = ConflictRule.Update
  else if (typeof conflict === 'function') {
    request.conflict = ConflictRule.Function
    request.conflictFunction = conflict
  } else {
    throw new UsageError(
      `conflict of insert is "error", "replace", "update" or a function (key, old, new) => document, got ${describe(conflict)}`,
    )
  }
}

export function requireDurability(value: unknown, where: string): Durability {
  if (value === 'hard' || value === 'soft') return value
  throw new UsageError(`durability ${where} is "hard" or "soft", got ${describe(value)}`)
}

export function requireBoolean(value: unknown, what: string, otherwise = ''): boolean {
  if (typeof value === 'boolean') return value
  throw new UsageError(`${what} is true or false${otherwise}, got ${describe(value)}`)
}

function requireTimeout(value: unknown, where: string): number {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value
  throw new UsageError(`timeout ${where} is a number of milliseconds above 0, got ${describe(value)}`)
}

function requireSignal(value: unknown, where: string): AbortSignal {
  const signal = value as Partial<AbortSignal> | null
  if (
    typeof signal === 'object' &&
    typeof signal?.aborted === 'boolean' &&
    typeof signal.addEventListener === 'function'
  ) {
    return value as AbortSignal
  }
  throw new UsageError(`signal ${where} is an AbortSignal, got ${describe(value)}`)
}

/** Requires an integer of 0 or more. */
export function requireCount(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value
  throw new UsageError(`${what} is a whole number from 0 on, got ${describe(value)}`)
}

/** Throws unless `options` is an object whose fields are all in `known`. */
export function requireOptions(options: unknown, known: readonly string[], where: string): asserts options is object {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeMismatchError(`the options ${where} are an object, got ${describe(options)}`)
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw unknownOption(name, known, where)
  }
}

export function partitionNotFound(collection: string, name: unknown, names: readonly string[]): NotFoundError {
  return new NotFoundError(
    `collection "${collection}" has no partition ${describe(name)}; it has ${names.join(', ')}`,
    {
      details: { collection, partition: name },
    },
  )
}

/** A value as shown in a message about options. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}

/**
 * Checks what a dialect is given as `database`. A promise or a name gets a message of its own, since it shows what was
 * meant.
 */
export function requireDatabase(value: unknown): void {
  if (typeof (value as { collections?: unknown } | null | undefined)?.collections === 'function') return
  const isPromise = typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
  const got = isPromise ? 'a promise: await it' : describe(value)
  throw new TypeMismatchError(`database takes an open database, what open() returns; got ${got}`)
}

export function requirePath(path: unknown, what: string): string {
  if (typeof path !== 'string') throw new TypeMismatchError(`${what} takes the path of a field, got ${describe(path)}`)
  if (path === '') throw new UsageError(`${what} takes the path of a field, got an empty string`)
  return path
}
