// The public door of quiverdb.

export {
  ClosedError,
  ConflictError,
  CorruptError,
  DataError,
  DuplicateKeyError,
  type ErrorDetails,
  FormatVersionError,
  HostError,
  LimitError,
  LockedError,
  NotFoundError,
  PoisonedError,
  QuiverError,
  ShapeError,
  StateError,
  TimeoutError,
  TypeMismatchError,
  UnknownOptionError,
  UnsupportedError,
  UsageError,
} from './error/index.ts'
