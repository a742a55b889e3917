// The one error taxonomy of quiverdb. Every error a user meets extends QuiverError; `code` is stable, `message` is for
// people, `details` is data. Two copies of the package (ESM and CJS) may live in one process, so `instanceof` looks for
// a shared brand and not for the identity of the class.

export interface ErrorDetails {
  readonly [name: string]: unknown
}

export interface ErrorOptions {
  /** Facts a program can act on: names, positions, limits. */
  readonly details?: ErrorDetails
  /** The error this one wraps. */
  readonly cause?: unknown
}

const BRANDS: unique symbol = Symbol.for('quiverdb.error') as never

/** Base of every error that quiverdb throws or rejects with. */
export class QuiverError extends Error {
  /** Stable, upper case, starts with `QUIVER_`. */
  readonly code: string
  readonly details: ErrorDetails
  /** @internal Kept out of the published types: those of the ESM and of the CJS copy stay compatible. */
  declare readonly [BRANDS]: readonly string[]

  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details ?? {}
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // A class derived outside this file carries no brand of its own and keeps the ordinary rule.
    const brand = Object.hasOwn(this, 'brand') ? (this as unknown as { brand: string }).brand : undefined
    if (brand === undefined) return Function.prototype[Symbol.hasInstance].call(this, value)
    const brands = (value as { [BRANDS]?: readonly string[] } | null | undefined)?.[BRANDS]
    return Array.isArray(brands) && brands.includes(brand)
  }
}

function brand(type: typeof QuiverError | (new (...args: never[]) => QuiverError), name: string): void {
  const parent = Object.getPrototypeOf(type.prototype) as { [BRANDS]?: readonly string[] }
  Object.defineProperty(type, 'brand', { value: name })
  Object.defineProperty(type.prototype, BRANDS, { value: [...(parent[BRANDS] ?? []), name] })
  Object.defineProperty(type.prototype, 'name', { value: name, configurable: true, writable: true })
}

/** The caller can fix the call. */
export class UsageError extends QuiverError {
  constructor(message: string, options?: ErrorOptions & { code?: string }) {
    super(options?.code ?? 'QUIVER_USAGE', message, options)
  }
}

/** A vector, array or batch has the wrong number of parts. */
export class ShapeError extends UsageError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'QUIVER_SHAPE' })
  }
}

/** A value is of a type that cannot stand where it was given. */
export class TypeMismatchError extends UsageError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'QUIVER_TYPE' })
  }
}

/** An option or operator that does not exist, most often a misspelling. */
export class UnknownOptionError extends UsageError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'QUIVER_UNKNOWN_OPTION' })
  }
}

/** A collection, partition, index or key that is not there. */
export class NotFoundError extends QuiverError {
  constructor(message: string, options?: ErrorOptions) {
    super('QUIVER_NOT_FOUND', message, options)
  }
}

/** What was to be created already exists, or was changed in the meantime. */
export class ConflictError extends QuiverError {
  constructor(message: string, options?: ErrorOptions & { code?: string }) {
    super(options?.code ?? 'QUIVER_CONFLICT', message, options)
  }
}

/** A primary key, or a key of a unique index, is taken. */
export class DuplicateKeyError extends ConflictError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'QUIVER_DUPLICATE_KEY' })
  }
}

/** The right call at the wrong moment. */
export class StateError extends QuiverError {
  constructor(message: string, options?: ErrorOptions & { code?: string }) {
    super(options?.code ?? 'QUIVER_STATE', message, options)
  }
}

/** The database, collection or cursor was closed or dropped. */
export class ClosedError extends StateError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'QUIVER_CLOSED' })
  }
}

/** Another process, thread or handle holds the directory; `details` says who. */
export class LockedError extends StateError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'QUIVER_LOCKED' })
  }
}

/** An earlier write had an unknown outcome; nothing more is written until the database is reopened. */
export class PoisonedError extends StateError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'QUIVER_POISONED' })
  }
}

/** Stored bytes are not what quiverdb wrote. */
export class DataError extends QuiverError {
  constructor(message: string, options?: ErrorOptions & { code?: string }) {
    super(options?.code ?? 'QUIVER_DATA', message, options)
  }
}

/** A checksum or a structure is wrong; `details` holds `file` and `offset`. */
export class CorruptError extends DataError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'QUIVER_CORRUPT' })
  }
}

/** The file was written by a version of the format that this version cannot read. */
export class FormatVersionError extends DataError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'QUIVER_FORMAT_VERSION' })
  }
}

/** Too large, too deep, or out of memory; `details` holds `limit` and `got`. */
export class LimitError extends QuiverError {
  constructor(message: string, options?: ErrorOptions) {
    super('QUIVER_LIMIT', message, options)
  }
}

/** The time given with the call ran out. */
export class TimeoutError extends QuiverError {
  constructor(message: string, options?: ErrorOptions) {
    super('QUIVER_TIMEOUT', message, options)
  }
}

/** A feature of a dialect that quiverdb does not have; `details` holds `dialect`, `feature`, `since`. */
export class UnsupportedError extends QuiverError {
  constructor(message: string, options?: ErrorOptions) {
    super('QUIVER_UNSUPPORTED', message, options)
  }
}

/** The platform failed: disk, operating system, browser; `cause` is the original, `details` holds `operation` and `file`. */
export class HostError extends QuiverError {
  constructor(message: string, options?: ErrorOptions) {
    super('QUIVER_HOST', message, options)
  }
}

brand(QuiverError, 'QuiverError')
brand(UsageError, 'UsageError')
brand(ShapeError, 'ShapeError')
brand(TypeMismatchError, 'TypeMismatchError')
brand(UnknownOptionError, 'UnknownOptionError')
brand(NotFoundError, 'NotFoundError')
brand(ConflictError, 'ConflictError')
brand(DuplicateKeyError, 'DuplicateKeyError')
brand(StateError, 'StateError')
brand(ClosedError, 'ClosedError')
brand(LockedError, 'LockedError')
brand(PoisonedError, 'PoisonedError')
brand(DataError, 'DataError')
brand(CorruptError, 'CorruptError')
brand(FormatVersionError, 'FormatVersionError')
brand(LimitError, 'LimitError')
brand(TimeoutError, 'TimeoutError')
brand(UnsupportedError, 'UnsupportedError')
brand(HostError, 'HostError')
