// The driver's error classes, and the mapping from the engine's errors to them.

import {
  ClosedError,
  ConflictError,
  HostError,
  LimitError,
  NotFoundError,
  QuiverError,
  UsageError,
} from '../../error/index.ts'

/** Base of the errors of this dialect. */
export class SeekdbError extends Error {
  override readonly cause?: unknown

  constructor(message: string, cause?: unknown) {
    super(message)
    if (cause !== undefined) this.cause = cause
  }
}

/** A value as messages show it; one that has no text is named by its kind. */
export function shown(value: unknown): string {
  const kind = typeof value
  if (kind === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return kind === 'function' || kind === 'symbol' ? `a ${kind}` : String(value)
}

/** The store or the server cannot be reached. */
export class SeekdbConnectionError extends SeekdbError {}
export class SeekdbServerError extends SeekdbError {}
export class SeekdbClientError extends SeekdbError {}
export class SeekdbUnauthorizedError extends SeekdbError {}
export class SeekdbForbiddenError extends SeekdbError {}
export class SeekdbNotFoundError extends SeekdbError {}
/** An argument that is not valid. */
export class SeekdbValueError extends SeekdbError {}
/** A collection that does not exist. */
export class InvalidCollectionError extends SeekdbError {}
export class InvalidArgumentError extends SeekdbError {}

// Minifiers rename classes; the driver's names are part of its interface.
const NAMES = {
  SeekdbError,
  SeekdbConnectionError,
  SeekdbServerError,
  SeekdbClientError,
  SeekdbUnauthorizedError,
  SeekdbForbiddenError,
  SeekdbNotFoundError,
  SeekdbValueError,
  InvalidCollectionError,
  InvalidArgumentError,
}
for (const [name, type] of Object.entries(NAMES)) {
  Object.defineProperty(type, 'name', { value: name, configurable: true })
  Object.defineProperty(type.prototype, 'name', { value: name, configurable: true, writable: true })
}

/** An error of the engine as one of this dialect; anything else is returned unchanged. */
export function translated(error: unknown): unknown {
  if (!(error instanceof QuiverError)) return error
  const Type = classFor(error)
  return new Type(error.message, error)
}

function classFor(error: QuiverError): typeof SeekdbError {
  if (error instanceof UsageError || error instanceof LimitError || error instanceof ConflictError) {
    return SeekdbValueError
  }
  if (error instanceof NotFoundError) return SeekdbNotFoundError
  if (error instanceof HostError) return SeekdbServerError
  if (error instanceof ClosedError) return error.details['collection'] ? InvalidCollectionError : SeekdbConnectionError
  return SeekdbError
}

/** Runs `run` and translates the errors that the engine throws. */
export async function translating<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw translated(error)
  }
}
