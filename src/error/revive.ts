// An error that came from another thread, as an instance of its class again.

import {
  ClosedError,
  ConflictError,
  CorruptError,
  DataError,
  DuplicateKeyError,
  type ErrorDetails,
  type ErrorOptions,
  FormatVersionError,
  HostError,
  LimitError,
  LockedError,
  NotFoundError,
  PoisonedError,
  type QuiverError,
  ShapeError,
  StateError,
  TimeoutError,
  TypeMismatchError,
  UnknownOptionError,
  UnsupportedError,
  UsageError,
} from './errors.ts'

type ErrorClass = new (message: string, options?: ErrorOptions) => QuiverError

const CLASSES: readonly ErrorClass[] = [
  ...[UsageError, ShapeError, TypeMismatchError, UnknownOptionError, NotFoundError, ConflictError, DuplicateKeyError],
  ...[StateError, ClosedError, LockedError, PoisonedError, DataError, CorruptError, FormatVersionError, LimitError],
  ...[TimeoutError, UnsupportedError, HostError],
]

let byCode: Map<string, ErrorClass> | undefined

/** The error with this code, or undefined when it is none of ours. */
export function reviveError(
  code: string | undefined,
  message: string,
  details: ErrorDetails,
  cause?: unknown,
): QuiverError | undefined {
  if (code === undefined) return undefined
  byCode ??= new Map(CLASSES.map((type) => [new type('').code, type]))
  const type = byCode.get(code)
  return type === undefined ? undefined : new type(message, { details, ...(cause === undefined ? {} : { cause }) })
}
