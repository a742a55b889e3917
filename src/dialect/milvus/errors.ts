// Milvus' errors: a status that is returned, or an Error that carries one. All codes are in one table.

import { DataError, HostError, QuiverError, StateError, TimeoutError, UnsupportedError } from '../../error/index.ts'
import { ErrorCode } from './enums.ts'
import { ERROR_REASONS } from './reasons.ts'
import type { ResStatus } from './types/status.ts'

/** The server's codes that can occur here. */
export const Code = {
  Timeout: 1,
  CollectionNotFound: 100,
  CollectionNotLoaded: 101,
  CollectionNumber: 102,
  PartitionNotFound: 200,
  IndexNotFound: 700,
  DatabaseNotFound: 800,
  Parameter: 1100,
  AliasNotFound: 1600,
  AliasConflict: 1601,
  AliasExists: 1602,
  FieldNotFound: 1700,
  FieldName: 1701,
  Unexpected: 65_535,
} as const

const NAMES: Readonly<Record<number, string>> = {
  [Code.CollectionNotFound]: ErrorCode.CollectionNotExists,
  [Code.PartitionNotFound]: 'MetaFailed',
  [Code.IndexNotFound]: ErrorCode.IndexNotExist,
  [Code.Parameter]: ErrorCode.IllegalArgument,
}

/** A new success status. */
export function success(): ResStatus {
  return { extra_info: {}, error_code: ErrorCode.SUCCESS, reason: '', code: 0, retriable: false, detail: '' }
}

/** A call that Milvus refuses. Where the SDK returns statuses, `status` is returned. */
export class MilvusError extends Error {
  readonly code: number
  readonly error_code: string
  readonly reason: string
  readonly detail: string
  /** Whether even methods that return a status throw it: the call itself was wrong. */
  readonly isThrown: boolean

  constructor(code: number, reason: string, options: { name?: string; isThrown?: boolean; cause?: unknown } = {}) {
    super(reason, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'MilvusError'
    this.code = code
    this.error_code = options.name ?? NAMES[code] ?? ErrorCode.UnexpectedError
    this.reason = reason
    this.detail = reason
    this.isThrown = options.isThrown ?? false
  }

  get status(): ResStatus {
    const { error_code, reason, code, detail } = this
    return { extra_info: {}, error_code, reason, code, retriable: false, detail }
  }
}

/** A value as it appears in messages. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'symbol') return 'a symbol'
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? JSON.stringify(value) : String(value)
  try {
    return JSON.stringify(value).slice(0, 60)
  } catch {
    return Array.isArray(value) ? 'an array' : 'an object'
  }
}

/** A name as it appears in messages: without quotes. */
export function told(name: unknown): string {
  return typeof name === 'string' ? name : shown(name)
}

/** A refusal without a code of its own. */
export function unexpected(reason: string): MilvusError {
  return new MilvusError(Code.Unexpected, reason)
}

/** A bad value or parameter: 1100. */
export function invalid(what: string, expected?: unknown, actual?: unknown): MilvusError {
  const pair = expected === undefined ? '' : `[expected=${told(expected)}][actual=${told(actual)}]`
  return new MilvusError(Code.Parameter, `${what}: invalid parameter${pair}`)
}

/** A wrong call: thrown, never returned. */
export function wrongCall(reason: keyof typeof ERROR_REASONS, suffix = '', prefix = ''): MilvusError {
  return new MilvusError(Code.Parameter, prefix + ERROR_REASONS[reason] + suffix, { isThrown: true })
}

/**
 * A refusal of the engine in Milvus' terms; rethrows what is no refusal: a closed, locked or failing database, or a
 * bug.
 */
export function milvusErrorOf(error: unknown): MilvusError {
  if (error instanceof MilvusError) return error
  if (error instanceof TimeoutError) return deadlineExceeded(error.message, error)
  if (!(error instanceof QuiverError)) throw error
  if (error instanceof StateError || error instanceof HostError || error instanceof DataError) throw error
  if (error instanceof UnsupportedError) throw error
  return new MilvusError(Code.Unexpected, error.message, { cause: error })
}

export function deadlineExceeded(what: string, cause?: unknown): MilvusError {
  return new MilvusError(Code.Timeout, `4 DEADLINE_EXCEEDED: ${what}`, { isThrown: true, cause })
}
